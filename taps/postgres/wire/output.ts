import { ident } from '../../../clients/postgres/quote.ts';
import { ROW_GAP, type CopyBlock } from '../../../clients/postgres/row-frames.ts';
import { type Batch, BATCH_BYTES, Out, type ReadRequest, type Row, SLACK_BYTES } from '../../../singer/tap/index.ts';
import type { ColumnPlan } from '../model.ts';
import type { Reading } from '../reading.ts';
import { Changes } from './changes.ts';
import { cellText } from './copy-text.ts';
import { LineEncoder } from './line-encoder.ts';
import { rowDecoder } from './row-decoder.ts';

/** Records, as a batch holds them. */
export type Records =
  | { readonly lines: { readonly bytes: Buffer; readonly records: number } }
  | { readonly rows: readonly Row[] };

/** What becomes of the rows of a stream's COPYs. */
export interface Output {
  /** The records of some rows of a block, some at a time; each is valid until the one after the next is asked for. Throws RecordError. */
  records(block: CopyBlock, from: number, to: number): Iterable<Records>;
  /** Says which values could not be sent as they are. */
  tell(): void;
}

export function recordsIn({ lines, rows }: Batch): number {
  return (lines?.records ?? 0) + (rows?.length ?? 0);
}

/** Rows of the general lane that are handed on together. */
const ROWS = 1000;
const TAB = 0x09;

/** SQL of what is selected for the record of a stream; more may be selected behind it. */
export function selectedOf(columns: readonly ColumnPlan[]): readonly string[] {
  return columns.map(({ name, expression }) => expression(ident(name)));
}

/** SQL of what is selected for the record and for more than that. */
export interface Selection {
  readonly outputs: readonly string[];
  /** Where in a row each of the latter stands. */
  readonly places: readonly number[];
}

/** What is in the record already is not selected twice: the server would write it twice. */
export function selectionWith(columns: readonly ColumnPlan[], more: readonly string[]): Selection {
  const outputs = [...selectedOf(columns)];
  const places = more.map((sql) => {
    const place = outputs.indexOf(sql);
    return place < 0 ? outputs.push(sql) - 1 : place;
  });
  return { outputs, places };
}

export function outputOf({ id, columns, request }: Pick<Reading, 'id' | 'columns' | 'request'>): Output {
  const changes = new Changes(id);
  return {
    records: request.whole ? inLines(columns, request, changes) : inRows(columns, changes),
    tell: () => changes.tell(request.log),
  };
}

function inLines(columns: readonly ColumnPlan[], request: ReadRequest, changes: Changes): Output['records'] {
  const encoder = new LineEncoder(columns, () => request.envelope(), changes);
  const out = new Out(BATCH_BYTES, SLACK_BYTES);
  return function* (block, from, to) {
    encoder.renew();
    for (let row = from; row < to;) {
      row = encoder.encode(block, row, to, out);
      yield { lines: out.take() };
    }
  };
}

function inRows(columns: readonly ColumnPlan[], changes: Changes): Output['records'] {
  const decode = rowDecoder(columns, changes);
  return function* (block, from, to) {
    for (let row = from; row < to;) {
      const rows: Row[] = [];
      for (const end = Math.min(to, row + ROWS); row < end; row++) rows.push(decode(block, row));
      yield { rows };
    }
  };
}

/** The text of a row's cell, null for NULL. */
export function cellAt({ bytes, starts }: CopyBlock, row: number, place: number): string | null {
  let start = starts[row]!;
  for (let c = 0; c < place; c++) start = bytes.indexOf(TAB, start) + 1;
  const end = starts[row + 1]! - ROW_GAP - 1;
  const tab = bytes.indexOf(TAB, start);
  return cellText(bytes.toString('utf8', start, tab < 0 ? end : Math.min(tab, end)));
}
