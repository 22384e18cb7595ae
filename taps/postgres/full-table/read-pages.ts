import type { Batch, JsonObject } from '../../../singer/tap/index.ts';
import { remembered } from '../incremental/coverage.ts';
import type { HeapFile } from '../incremental/sight.ts';
import { pieceSql } from '../pages/piece-sql.ts';
import { END, piecesOf, type Piece, type Pieces } from '../pages/pieces.ts';
import type { Reading } from '../reading.ts';
import { rowsOf } from '../rows-of.ts';
import type { FullTable } from './full-table.ts';
import { placeJson, type PagePlace } from './place.ts';
import { filesUpTo, type Resumption } from './resumption.ts';

type Files = ReadonlyMap<string, HeapFile>;
type At = Extract<Resumption, { by: 'pages' }>;

/** Reads tables page by page, with a bookmark behind each piece; first what was written meanwhile to pages that were read before. */
export async function* readPages(
  { reading, output, session, facts, reads }: FullTable,
  files: Files,
  at: At | undefined,
): AsyncGenerator<Batch, void> {
  const seen = remembered(facts.sight);
  const pieces = pagesToRead(reading, files, at);
  const rows = (piece: Piece): AsyncIterable<Batch> => rowsOf(reading, output, session, pieceSql(reading, piece));
  const bookmark = ({ table, page, files }: Pick<PagePlace, 'table' | 'page' | 'files'>): JsonObject =>
    placeJson({ by: 'pages', source: facts.source, reads, table, page, files, seen });
  if (at !== undefined) {
    reading.request.log.info(
      'The reading that was interrupted goes on where it was: rows that were sent and deleted since are in the target until the next run',
      { stream: reading.id },
    );
    for (const piece of pieces.again) yield* rows(piece);
    yield { bookmark: bookmark(at.place) };
  }
  const hashes = filesUpTo(files);
  for (const piece of pieces.rest) {
    const { table, before } = piece;
    yield* rows(piece);
    yield { bookmark: bookmark({ table, page: before ?? END, files: hashes.get(table)! }) };
  }
}

/** The pages to read, from a place on. */
export function pagesToRead({ config }: Pick<Reading, 'config'>, files: Files, at: At | undefined): ReturnType<typeof piecesOf> {
  const joined = new Set<string>();
  const cut: Pieces['cut'] =
    at === undefined
      ? undefined
      : { at: { ...at.place, file: files.get(at.place.table)!.file }, since: { newer: at.newer, joined } };
  return piecesOf({ files, since: { newer: 'all', joined }, cut, atOnce: config.resume_interval_bytes, byPages: true });
}
