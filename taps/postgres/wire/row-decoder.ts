import type { Row } from '../../../singer/tap/index.ts';
import { rowBytes, type CopyBlock } from '../../../clients/postgres/row-frames.ts';
import type { ColumnPlan } from '../model.ts';
import type { Changes } from './changes.ts';
import { cellsOf } from './copy-text.ts';
import { valueReader } from './values.ts';

/** The general lane: makes the values of a row. */
export type DecodeRow = (block: CopyBlock, row: number) => Row;

/** Cells behind those of the columns are left out. The function throws RecordError. */
export function rowDecoder(columns: readonly ColumnPlan[], changes: Changes): DecodeRow {
  const readers = columns.map(({ name, wire }) => ({ name, read: valueReader(wire, name, changes) }));
  return (block, r) => {
    const cells = cellsOf(rowBytes(block, r).toString());
    const row = Object.create(null) as Row;
    for (let c = 0; c < readers.length; c++) {
      const { name, read } = readers[c]!;
      const cell = cells[c]!;
      row[name] = cell === null ? null : read(cell);
    }
    return row;
  };
}
