import { isJsonObject } from '../../../singer/tap/index.ts';
import { fingerprint } from '../releases/fingerprint.ts';
import { type Piece, parentColumns, type Reading } from './reading.ts';
import { itemsOf } from './shape.ts';

/** Reads the repository itself, and gives it when something of it has changed. */
export async function* readRepository(reading: Reading): AsyncGenerator<Piece> {
  const content = fingerprint(reading.request.schema);
  const begun = await reading.begin((state) => ({
    url: reading.url(''),
    etag: state['basis'] === content.basis && typeof state['etag'] === 'string' ? state['etag'] : undefined,
  }));
  const { id, state, first } = begun;
  if (first === undefined) return;
  const [item] = isJsonObject(first.body) ? [first.body] : itemsOf(reading.stream, first.body);
  const { name: search_name, query: search_query } = reading.search ?? {};
  const row = { ...item, search_name, search_query, ...parentColumns(await reading.identity()) };
  const hash = content.of(row);
  const etag = first.etag === undefined ? {} : { etag: first.etag };
  yield reading.piece(state['hash'] === hash ? [] : [row], id, { basis: content.basis, hash, ...etag });
}
