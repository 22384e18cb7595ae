import { InputError } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import type { Header } from './header.ts';
import { headerOf } from './header.ts';
import { breakLength } from './marks.ts';
import type { RowParser } from './parser.ts';
import { rowError } from './policy.ts';
import type { Window } from './window.ts';

export interface HeaderPlace {
  readonly entry: Entry;
  /** The file's key, for messages. */
  readonly key: string;
  /** Names the file's own columns may not have. */
  readonly reserved: ReadonlySet<string>;
}

/**
 * Passes over the byte order mark and the lines before the header or the first row; gives the physical line it stands at then.
 * They are lines, not rows: what stands there need not be CSV.
 */
export async function skipToHeader(window: Window, entry: Entry, rowBreak: Buffer | undefined): Promise<number> {
  while (window.end < 3 && !window.eof) await window.fill();
  if (window.bytes[0] === 0xef && window.bytes[1] === 0xbb && window.bytes[2] === 0xbf && window.end >= 3) window.start = 3;
  const count = entry.skip_rows + (typeof entry.header === 'number' ? entry.header - 1 : 0);
  for (let line = 1; line <= count; line++) if (!(await skipLine(window, rowBreak))) return line;
  return count + 1;
}

/** False at the end of the file. */
async function skipLine(window: Window, rowBreak: Buffer | undefined): Promise<boolean> {
  const longest = Math.max(2, rowBreak?.length ?? 0);
  for (;;) {
    // A line break may be cut in two by the end of the window.
    const sure = window.eof ? window.end : window.end - longest + 1;
    while (window.start < sure) {
      const found = breakLength(window.bytes, window.start, window.end, rowBreak);
      window.start += Math.max(1, found);
      if (found > 0) return true;
    }
    if (window.eof) return false;
    await window.fill();
  }
}

/**
 * Reads the names of the columns, or makes them, and leaves the window at the first row. `header` is undefined for a file without a
 * row, unless the settings give the columns. Throws InputError for a header that cannot be read or does not fit the settings.
 */
export async function readHeader(
  window: Window,
  parser: RowParser,
  place: HeaderPlace,
  firstLine: number,
): Promise<{ header: Header | undefined; line: number }> {
  const { entry, key } = place;
  const given = entry.columns;
  let line = firstLine;
  let cells: string[] | undefined;
  if (entry.header === false) {
    if (given !== undefined) cells = [...given];
    else {
      // Only looked at: it is the first row.
      const first = await nextRow(window, parser, place, line);
      if (first !== undefined) {
        window.start -= first.bytes;
        line = first.firstLine;
        cells = first.cells.map(() => '');
      }
    }
  } else {
    const rows: string[][] = [];
    while (rows.length < entry.header_rows) {
      const row = await nextRow(window, parser, place, line);
      if (row === undefined) break;
      rows.push(row.cells);
      line = row.nextLine;
    }
    if (rows.length > 0) cells = joined(rows);
    if (cells !== undefined && given !== undefined) {
      if (given.length !== cells.length) throw widthError(key, cells.length, given.length);
      cells = [...given];
    }
  }
  if (cells === undefined) return { header: undefined, line };
  const header = headerOf(cells, entry, place.reserved);
  if (header.duplicates.length > 0 && entry.duplicate_headers === 'fail') {
    throw new InputError(`${key}: columns stand in the header more than once: ${header.duplicates.join(', ')}`, {
      code: 'csv-duplicate-header',
      facts: { file: key, columns: header.duplicates },
      hint: 'Set duplicate_headers to suffix, last or extra, or repair the file.',
    });
  }
  // Without names of their own, the columns are named on purpose.
  return { header: entry.header === false && given === undefined ? { ...header, renamed: [] } : header, line };
}

interface HeaderRow {
  readonly cells: string[];
  /** Physical line it begins on, and the one after it. */
  readonly firstLine: number;
  readonly nextLine: number;
  /** Its length, blank lines before it not counted. */
  readonly bytes: number;
}

async function nextRow(
  window: Window,
  parser: RowParser,
  { key, entry }: HeaderPlace,
  from: number,
): Promise<HeaderRow | undefined> {
  let line = from;
  for (;;) {
    if (window.start === window.end) {
      if (window.eof) return undefined;
      await window.fill();
      continue;
    }
    const start = window.start;
    if (!parser.parse(window.bytes, start, window.end, window.eof)) {
      await window.fill();
      continue;
    }
    if (parser.problem === undefined) parser.checkText(window.bytes, start);
    if (parser.problem === undefined && parser.hasNul && entry.nul_bytes !== 'remove') parser.problem = 'nul-byte';
    if (parser.problem !== undefined) {
      const byte = parser.problemAt < 0 ? -1 : window.offset + parser.problemAt - start;
      throw rowError(key, { reason: parser.problem, line, cell: parser.problemCell, byte });
    }
    window.start = parser.next;
    const rowLine = line;
    line += parser.innerLines + 1;
    if (parser.blank) continue;
    const cells = Array.from({ length: parser.cells }, (_, cell) =>
      parser.bytes.toString('utf8', cell === 0 ? 0 : parser.ends[cell - 1], parser.ends[cell]).replaceAll('\0', ''),
    );
    return { cells, firstLine: rowLine, nextLine: line, bytes: parser.next - start };
  }
}

/** One name per cell from the rows of a header. */
function joined(rows: readonly string[][]): string[] {
  if (rows.length === 1) return rows[0]!;
  const width = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, cell) =>
    rows
      .map((row) => (row[cell] ?? '').trim())
      .filter((part) => part !== '')
      .join('_'),
  );
}

function widthError(key: string, cells: number, columns: number): InputError {
  return new InputError(`${key}: the header has ${cells} cells, the setting columns names ${columns}`, {
    code: 'csv-header-width',
    facts: { file: key, cells, columns },
    hint: 'Name as many columns as the file has, or set header to false if it has no header.',
  });
}
