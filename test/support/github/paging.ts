export interface Page<T> {
  readonly items: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

/** At most so many are given, however many there are; links lead further, to a refusal. */
export const DEEPEST = 10_000;

/**
 * One page of a list and its Link header, which names the next page by the number of the repository, as GitHub does. Undefined
 * when the page lies deeper than GitHub goes.
 * @param address of the list, without its query
 */
export function pageOf<T>(all: readonly T[], query: URLSearchParams, address: string): Page<T> | undefined {
  const size = Math.min(100, positive(query.get('per_page')) ?? 30);
  const page = positive(query.get('page')) ?? 1;
  if ((page - 1) * size >= DEEPEST) return undefined;
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (rel: string, to: number): string => {
    const other = new URLSearchParams(query);
    other.set('page', String(to));
    return `<${address}?${other.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link('first', 1), link('prev', page - 1)] : []),
    ...(page < last ? [link('next', page + 1), link('last', last)] : []),
  ];
  return {
    items: all.slice((page - 1) * size, page * size),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}

function positive(text: string | null): number | undefined {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number > 0 ? number : undefined;
}
