import { EXTRA, LINE, MISFITS, MTIME, ROW_HASH, SOURCE } from './columns.ts';
import type { CellWriter } from './types/cell-writer.ts';

/**
 * How the rows of one file become RECORD lines: constant bytes around the cells. Both lanes write by it, so their bytes agree:
 * `rowHead`, the line number if `hasLine`, for each cell its `prefix`, the text and a quote (or what its writer makes of it), then
 * `nulls`, the surplus cells, the misfits, the row hash, `rowEnd`.
 */
export interface Layout {
  /** Per column of the file: `,"name":"` (the opening quote included if the value has one); undefined for one that is not sent. */
  readonly prefixes: readonly (Buffer | undefined)[];
  /** Per column of the file: undefined for one whose text is sent as it is. */
  readonly cells: readonly (CellWriter | undefined)[];
  /** Name per column of the file, as in `LayoutInput`. */
  readonly names: readonly (string | undefined)[];
  /** Per column of the file: 1 for one of the key. */
  readonly isKey: Uint8Array;
  readonly rowHead: Buffer;
  readonly hasLine: boolean;
  /** Columns that are announced but not in this file. */
  readonly nulls: Buffer;
  /** Before the list of surplus cells; undefined if they are not sent. */
  readonly extra: Buffer | undefined;
  /** Cells of the file that go to the list of surplus cells. */
  readonly extraCells: readonly number[];
  /** Before the object of misfits; undefined if they are not sent. */
  readonly misfits: Buffer | undefined;
  /** Before the row hash, with its opening quote; undefined if there is none. */
  readonly hash: Buffer | undefined;
  readonly rowEnd: Buffer;
}

export interface LayoutInput {
  /** Columns of the file, in its order; undefined for one that is given up (a duplicate). */
  readonly header: readonly (string | undefined)[];
  /** Writers of the columns that are more than text. */
  readonly cells: readonly (CellWriter | undefined)[];
  /** Cells that go to the list of surplus cells. */
  readonly extraCells: readonly number[];
  /** Columns to send. */
  readonly columns: readonly string[];
  /** Those of them that make the key. */
  readonly keys: readonly string[];
  readonly key: string;
  readonly mtime: string;
  /** Columns that the tap itself fills in this file. */
  readonly made: ReadonlySet<string>;
  /** Columns with one value for the whole file, as JSON text; each is in `made`. */
  readonly constants: ReadonlyMap<string, string>;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Members that are the same in every row of a file, as JSON text: its name, its time, its path columns. */
export function fileMembers({ key, mtime, constants }: Pick<LayoutInput, 'key' | 'mtime' | 'constants'>): [string, string][] {
  return [[SOURCE, JSON.stringify(key)], [MTIME, JSON.stringify(`${mtime.slice(0, 26)}+00:00`)], ...constants];
}

/** The layout with other bytes after the record. */
export function withTail(layout: Layout, tail: Buffer): Layout {
  return { ...layout, rowEnd: Buffer.concat([Buffer.from('}'), tail]) };
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
  for (const [name, value] of fileMembers(input)) if (made(name)) rowHead += member(name, value);
  const hasLine = made(LINE);
  if (hasLine) rowHead += member(LINE, '');
  const prefixes = input.header.map((name, cell) => {
    if (name === undefined || !wanted.has(name) || input.made.has(name)) return undefined;
    return Buffer.from(member(name, input.cells[cell]?.quoted === false ? '' : '"'));
  });
  const present = new Set(input.header);
  const nulls = input.columns.filter((name) => !present.has(name) && !input.made.has(name)).map((name) => member(name, 'null'));
  const extra = made(EXTRA) ? Buffer.from(member(EXTRA, '')) : undefined;
  const misfits = made(MISFITS) ? Buffer.from(member(MISFITS, '')) : undefined;
  const hash = made(ROW_HASH) ? Buffer.from(member(ROW_HASH, '"')) : undefined;
  return {
    prefixes,
    cells: input.cells,
    names: input.header,
    isKey: Uint8Array.from(input.header, (name) => (name !== undefined && input.keys.includes(name) ? 1 : 0)),
    rowHead: Buffer.concat([input.head, Buffer.from(rowHead)]),
    hasLine,
    nulls: Buffer.from(nulls.join('')),
    extra,
    extraCells: input.extraCells,
    misfits,
    hash,
    rowEnd: Buffer.concat([Buffer.from('}'), input.tail]),
  };
}
