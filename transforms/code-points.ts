/** Characters as people count them, near enough: Unicode code points, not UTF-16 units. */

/** All of a text, one by one. */
export function pointsOf(text: string): string[] {
  return Array.from(text);
}

/** The first so many of a text; all of it if it has no more. */
export function firstPoints(text: string, count: number): string {
  let end = 0;
  for (let i = 0; i < count && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}
