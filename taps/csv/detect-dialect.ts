import { InputError } from '../../singer/tap/index.ts';
import type { DialectOptions } from './dialect.ts';
import { dialectOf } from './dialect.ts';
import { RowParser } from './parser.ts';
import type { Window } from './window.ts';

/** What the first rows of a file say about its delimiter and quotes. */
export interface DialectVerdict {
  readonly delimiter: string;
  readonly quotechar: string;
  /** Rows looked at, the header included, and the cells that the header has. */
  readonly rows: number;
  readonly columns: number;
  /** Part of the rows that have as many cells as the header. */
  readonly alike: number;
  /** Other delimiters by which rows are alike, too. */
  readonly others: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const SAMPLE_BYTES = 64 * 1024;
const SAMPLE_ROWS = 500;
/** So much of the rows must have as many cells as the header. */
const LEAST_ALIKE = 0.9;

/**
 * Tells delimiter and quote character from the rows that come next; the window stays where it is. A delimiter is one by which the
 * first row has several cells and the rows after it as many, outside of quotes. If there is none the file has one column. Throws
 * InputError if two serve equally well, or none well enough.
 */
export async function detectDialect(
  window: Window,
  options: DialectOptions & { readonly max_field_bytes: number },
  key: string,
): Promise<DialectVerdict> {
  while (!window.eof && window.end - window.start < SAMPLE_BYTES) await window.fill();
  // A file that quotes with apostrophes is told by its rows; any other quote must be set.
  const quotes = options.quotechar === '"' ? ['"', "'"] : [options.quotechar];
  const trials = quotes.flatMap((quotechar) =>
    DELIMITERS.filter((delimiter) => delimiter !== quotechar && delimiter !== options.escapechar).map((delimiter) =>
      tried(window, options, delimiter, quotechar, key),
    ),
  );
  const several = trials.filter((trial) => trial.columns > 1);
  // In a file of one column the delimiter is one that does not occur, so that no row is cut in two.
  const single = several.length === 0 ? trials.find((trial) => trial.alike === 1) : undefined;
  if (single !== undefined || trials[0]!.rows === 0) return verdictOf(single ?? trials[0]!, []);
  const best = (several.length === 0 ? trials : several).reduce((a, b) => (isBetter(b, a) ? b : a));
  const rivals = several.filter((trial) => trial.delimiter !== best.delimiter && trial.alike >= LEAST_ALIKE);
  const others = [...new Set(rivals.map((trial) => trial.delimiter))];
  if (best.alike < LEAST_ALIKE || rivals.some((rival) => rival.alike === best.alike && rival.columns === best.columns)) {
    throw new InputError(`${key}: its delimiter cannot be told from its first rows`, {
      code: 'delimiter-undetected',
      facts: { file: key, rows: best.rows, likely: [...new Set([best.delimiter, ...others])] },
      hint: 'Set delimiter.',
    });
  }
  return verdictOf(best, others);
}

function verdictOf({ delimiter, quotechar, rows, columns, alike }: Trial, others: readonly string[]): DialectVerdict {
  return { delimiter, quotechar, rows, columns, alike, others };
}

interface Trial extends Omit<DialectVerdict, 'others'> {
  /** Part of the rows that have a quoted cell. */
  readonly quoted: number;
}

function isBetter(a: Trial, b: Trial): boolean {
  if (a.alike !== b.alike) return a.alike > b.alike;
  if (a.columns !== b.columns) return a.columns > b.columns;
  return a.quoted > b.quoted;
}

function tried(
  window: Window,
  options: DialectOptions & { readonly max_field_bytes: number },
  delimiter: string,
  quotechar: string,
  key: string,
): Trial {
  const parser = new RowParser(dialectOf({ ...options, delimiter, quotechar, strict: true }, key), options.max_field_bytes);
  let rows = 0;
  let alike = 0;
  let quoted = 0;
  let columns = 0;
  for (let at = window.start; at < window.end && rows < SAMPLE_ROWS; at = parser.next) {
    if (!parser.parse(window.bytes, at, window.end, window.eof) || parser.unfinished) break;
    if (parser.blank) continue;
    if (rows++ === 0) columns = parser.cells;
    if (parser.cells === columns && parser.problem === undefined) alike++;
    if (parser.quoted.subarray(0, parser.cells).includes(1)) quoted++;
  }
  const all = Math.max(1, rows);
  return { delimiter, quotechar, rows, columns, alike: alike / all, quoted: quoted / all };
}
