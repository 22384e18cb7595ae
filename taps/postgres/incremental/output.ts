import { ident, literal } from '../../../clients/postgres/quote.ts';
import { ROW_GAP, type CopyBlock } from '../../../clients/postgres/row-frames.ts';
import { type Batch, parseExact, type Row } from '../../../singer/tap/index.ts';
import type { ColumnPlan } from '../model.ts';

/** What becomes of the rows of a COPY. */
export interface Output {
  /** SQL of what is selected for the record; more may be selected behind it. */
  readonly selected: readonly string[];
  /** What was selected behind the record. */
  extras(block: CopyBlock, row: number): readonly (string | null)[];
  /** The records of some rows of a block. */
  records(block: CopyBlock, from: number, to: number): Pick<Batch, 'rows' | 'lines'>;
}

/** The COPY text of a row, without its newline. */
export function rowText({ bytes, starts }: CopyBlock, row: number): Buffer {
  return bytes.subarray(starts[row], starts[row + 1]! - ROW_GAP - 1);
}

export function outputOf(columns: readonly ColumnPlan[]): Output {
  const pairs = columns.flatMap((column) => [literal(column.name), column.expression(ident(column.name))]);
  return {
    selected: [`json_build_object(${pairs.join(', ')})::text`],
    extras: (block, row) => fieldsOf(rowText(block, row)).slice(1),
    records: (block, from, to) => {
      const rows: Row[] = [];
      for (let row = from; row < to; row++) rows.push(parseExact(fieldsOf(rowText(block, row))[0]!) as Row);
      return { rows };
    },
  };
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function fieldsOf(row: Buffer): (string | null)[] {
  return row
    .toString()
    .split('\t')
    .map((field) => (field === String.raw`\N` ? null : field.replaceAll(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c)));
}
