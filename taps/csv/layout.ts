import { EXTRA, LINE, MTIME, ROW_HASH, SOURCE } from './columns.ts';

/**
 * How the rows of one file become RECORD lines: constant bytes around the cells. Both lanes write by it, so their bytes agree:
 * `rowHead`, the line number if `hasLine`, for each cell its `prefix`, the text and a quote, then `nulls`, the surplus cells,
 * the row hash, `rowEnd`.
 */
export interface Layout {
  /** Per column of the file: `,"name":"` (the opening quote included); undefined for one that is not sent. */
  readonly prefixes: readonly (Buffer | undefined)[];
  readonly rowHead: Buffer;
  readonly hasLine: boolean;
  /** Columns that are announced but not in this file. */
  readonly nulls: Buffer;
  /** Before the list of surplus cells; undefined if they are not sent. */
  readonly extra: Buffer | undefined;
  /** Before the row hash, with its opening quote; undefined if there is none. */
  readonly hash: Buffer | undefined;
  readonly rowEnd: Buffer;
}

export interface LayoutInput {
  /** Columns of the file, in its order; undefined for one that is given up (a duplicate). */
  readonly header: readonly (string | undefined)[];
  /** Columns to send. */
  readonly columns: readonly string[];
  readonly key: string;
  readonly mtime: string;
  /** Columns that the tap itself fills in this file. */
  readonly made: ReadonlySet<string>;
  readonly head: Buffer;
  readonly tail: Buffer;
}

export function layoutOf(input: LayoutInput): Layout {
  const wanted = new Set(input.columns);
  const made = (name: string): boolean => wanted.has(name) && input.made.has(name);
  let first = true;
  const member = (name: string, after: string): string => {
    const text = `${first ? '' : ','}${JSON.stringify(name)}:${after}`;
    first = false;
    return text;
  };
  let rowHead = '{';
  if (made(SOURCE)) rowHead += member(SOURCE, JSON.stringify(input.key));
  if (made(MTIME)) rowHead += member(MTIME, JSON.stringify(`${input.mtime.slice(0, 26)}+00:00`));
  const hasLine = made(LINE);
  if (hasLine) rowHead += member(LINE, '');
  const prefixes = input.header.map((name) =>
    name !== undefined && wanted.has(name) && !input.made.has(name) ? Buffer.from(member(name, '"')) : undefined,
  );
  const present = new Set(input.header);
  const nulls = input.columns.filter((name) => !present.has(name) && !input.made.has(name)).map((name) => member(name, 'null'));
  const extra = made(EXTRA) ? Buffer.from(member(EXTRA, '')) : undefined;
  const hash = made(ROW_HASH) ? Buffer.from(member(ROW_HASH, '"')) : undefined;
  return {
    prefixes,
    rowHead: Buffer.concat([input.head, Buffer.from(rowHead)]),
    hasLine,
    nulls: Buffer.from(nulls.join('')),
    extra,
    hash,
    rowEnd: Buffer.concat([Buffer.from('}'), input.tail]),
  };
}
