import type { Batch } from '../../../singer/tap/index.ts';
import { copySql } from '../incremental/query.ts';
import { cellAt, recordsIn } from '../wire/output.ts';
import type { FullTable } from './full-table.ts';
import type { KeyOrder } from './keys.ts';
import { placeJson, type KeyPlace } from './place.ts';
import { keySelection, keysSql } from './sql.ts';

/** Reads rows in the order of their keys, with a bookmark behind each block. */
export async function* readKeys(
  { reading, output, session, facts, reads }: FullTable,
  order: KeyOrder,
  place: KeyPlace | undefined,
): AsyncGenerator<Batch, void> {
  const { request, id } = reading;
  if (place !== undefined) {
    request.log.info(
      'The reading that was interrupted goes on behind the key where it was: what was written meanwhile to rows before it comes with the next run',
      { stream: id },
    );
  }
  const { places } = keySelection(reading, order);
  for await (const block of session.copyOut(copySql(keysSql(reading, order, place?.after)), request.signal)) {
    const after = places.map((place) => cellAt(block, block.rows - 1, place));
    // Behind a row that lacks a part of its key nobody knows where to go on.
    const isPlace = after.every((text) => text !== null);
    const bookmark = isPlace ? placeJson({ by: 'keys', source: facts.source, reads, after }) : undefined;
    let left = block.rows;
    for (const batch of output.records(block, 0, block.rows)) {
      left -= recordsIn(batch);
      yield left === 0 && bookmark !== undefined ? { ...batch, bookmark } : batch;
    }
  }
}
