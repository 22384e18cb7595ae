import type { Out } from '../../singer/tap/index.ts';
import { appendJsonText, putInteger } from './json-text.ts';
import type { Layout } from './layout.ts';
import type { Reason, RowParser } from './parser.ts';
import type { CellWriter } from './types/cell-writer.ts';
import { ROOM } from './types/cell-writer.ts';

const QUOTE = Buffer.from('"');
const NULL = Buffer.from('null');
const OPEN = Buffer.from('["');
const NEXT = Buffer.from('","');
const CLOSE = Buffer.from('"]');

export interface GeneralOptions {
  readonly layout: Layout;
  readonly emptyAsNull: boolean;
  /** Takes NUL bytes out of the cells. */
  readonly removeNul: boolean;
  /** Sends cells beyond the header's in the list of surplus cells, if there is one. */
  readonly keepSurplus: boolean;
  /** Sends rows without a value in a key column. */
  readonly sendNullKeys: boolean;
}

/** What was noteworthy about a row that was written; the cells count from 0. */
export interface RowNotes {
  readonly misfits: readonly number[];
  readonly nullKeys: readonly number[];
}

/** Why a row was not written after all, and the cell it is about, from 0. */
export interface RowFault {
  readonly reason: Reason;
  readonly cell: number;
}

/**
 * The general lane's writer: one parsed row as a RECORD line. `hash` is the value of the row hash column, if there is one. Nothing
 * was written if it gives a fault.
 */
export function writeRow(
  options: GeneralOptions,
  row: RowParser,
  line: number,
  hash: string | undefined,
  out: Out,
): RowNotes | RowFault | undefined {
  const { layout, emptyAsNull } = options;
  const { prefixes } = layout;
  if (options.removeNul && row.hasNul) removeNul(row);
  const { bytes, ends, quoted, cells } = row;
  const before = out.used;
  let misfits: number[] | undefined;
  let nullKeys: number[] | undefined;
  out.append(layout.rowHead);
  if (layout.hasLine) {
    out.ensure(20);
    out.used = putInteger(out.bytes, out.used, line);
  }
  for (let cell = 0; cell < prefixes.length; cell++) {
    const prefix = prefixes[cell];
    if (prefix === undefined) continue;
    const writer = layout.cells[cell];
    out.append(prefix);
    const start = cell === 0 ? 0 : ends[cell - 1]!;
    const end = cell < cells ? ends[cell]! : start;
    if (writer === undefined && cell < cells && !(emptyAsNull && end === start && quoted[cell] === 0)) {
      appendJsonText(out, bytes, start, end);
      out.append(QUOTE);
      continue;
    }
    const made = writer === undefined || cell >= cells ? 'null' : writeCell(writer, row, start, end, quoted[cell] === 1, out);
    if (made === 'value') continue;
    if (made === 'misfit') {
      if (writer?.type.onMisfit === 'malformed') {
        out.used = before;
        return { reason: 'type-mismatch', cell };
      }
      (misfits ??= []).push(cell);
    }
    if (layout.isKey[cell] === 1) {
      if (!options.sendNullKeys) {
        out.used = before;
        return { reason: 'null-key', cell };
      }
      (nullKeys ??= []).push(cell);
    }
    // In place of the opening quote, if there is one.
    if (writer?.quoted !== false) out.used--;
    out.append(NULL);
  }
  out.append(layout.nulls);
  if (layout.extra !== undefined) {
    out.append(layout.extra);
    appendExtra(options, row, out);
  }
  if (layout.misfits !== undefined) {
    out.append(layout.misfits);
    const kept = misfits?.filter((cell) => layout.cells[cell]?.type.onMisfit === 'keep') ?? [];
    appendMisfits(layout, row, kept, out);
  }
  if (layout.hash !== undefined) {
    out.append(layout.hash);
    out.append(Buffer.from(`${hash ?? ''}"`));
  }
  out.append(layout.rowEnd);
  out.records++;
  return misfits === undefined && nullKeys === undefined ? undefined : { misfits: misfits ?? [], nullKeys: nullKeys ?? [] };
}

/** Writes a cell through its writer; nothing if it is null or does not fit. */
function writeCell(
  writer: CellWriter,
  row: RowParser,
  start: number,
  end: number,
  inQuotes: boolean,
  out: Out,
): 'value' | 'null' | 'misfit' {
  const at = out.used;
  appendJsonText(out, row.bytes, start, end);
  out.ensure(ROOM);
  const isNull = writer.isNull(out.bytes, at, out.used, inQuotes);
  const stop = isNull ? -1 : writer.finish(out.bytes, at, out.used);
  const escaped = out.used - at !== end - start;
  out.used = stop < 0 ? at : stop;
  if (isNull) return 'null';
  if (stop >= 0) return 'value';
  const value = escaped ? writer.convert(row.bytes.toString('utf8', start, end)) : undefined;
  if (value === undefined) return 'misfit';
  out.append(Buffer.from(writer.quoted ? `${value}"` : value));
  return 'value';
}

/** The list of surplus cells, or null. */
function appendExtra({ layout, keepSurplus }: GeneralOptions, row: RowParser, out: Out): void {
  let any = false;
  const add = (cell: number): void => {
    out.append(any ? NEXT : OPEN);
    any = true;
    appendJsonText(out, row.bytes, cell === 0 ? 0 : row.ends[cell - 1]!, row.ends[cell]!);
  };
  for (const cell of layout.extraCells) if (cell < row.cells) add(cell);
  if (keepSurplus) for (let cell = layout.prefixes.length; cell < row.cells; cell++) add(cell);
  out.append(any ? CLOSE : NULL);
}

/** The texts that did not fit, by column, or null. */
function appendMisfits(layout: Layout, row: RowParser, misfits: readonly number[], out: Out): void {
  if (misfits.length === 0) {
    out.append(NULL);
    return;
  }
  for (const [index, cell] of misfits.entries()) {
    out.append(Buffer.from(`${index === 0 ? '{' : '",'}${JSON.stringify(layout.names[cell])}:"`));
    appendJsonText(out, row.bytes, cell === 0 ? 0 : row.ends[cell - 1]!, row.ends[cell]!);
  }
  out.append(Buffer.from('"}'));
}

/** Takes the NULs out of a parsed row in place. */
function removeNul(row: RowParser): void {
  let to = 0;
  let from = 0;
  for (let cell = 0; cell < row.cells; cell++) {
    const end = row.ends[cell]!;
    for (; from < end; from++) if (row.bytes[from] !== 0) row.bytes[to++] = row.bytes[from]!;
    row.ends[cell] = to;
  }
}
