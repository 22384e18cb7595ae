/** A time as GitHub writes it, to the second in UTC; undefined for what is no time. */
export function githubTime(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** The same for `since` in a URL. The first day of 1970 says nothing, and GitHub answers it with nothing: it is left out. */
export function sinceParameter(text: string | undefined): string | undefined {
  const time = githubTime(text);
  return time === undefined || Date.parse(time) <= 86_400_000 ? undefined : time;
}
