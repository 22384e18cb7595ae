/** What stands for a character behind a backslash in COPY's text format (the manual, COPY, Text Format). */
const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The texts of a row's cells, null for NULL. `row` is without its newline. */
export function cellsOf(row: string): (string | null)[] {
  return row.split('\t').map(cellText);
}

/** The text of a cell. */
export function cellText(cell: string): string | null {
  if (!cell.includes('\\')) return cell;
  if (cell === String.raw`\N`) return null;
  return cell.replaceAll(/\\(.)/gs, (_, letter: string) => LETTERS[letter] ?? letter);
}
