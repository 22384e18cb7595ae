import type { Answer } from '../api/client.ts';
import type { Refusal } from '../api/verdict.ts';
import type { Connection } from '../connect.ts';
import { ownerOf, type Found } from '../repositories/repositories.ts';
import { ordered } from '../streams/ordered.ts';
import { itemsOf } from '../streams/shape.ts';
import type { ListPlace, StreamSpec } from '../streams/table.ts';

/** What the first page of one repository's list tells. */
export interface Probe {
  readonly repository: string;
  readonly stream: string;
  /** Why it cannot be read. */
  readonly refusal: Refusal | undefined;
  /** Records on the first page. */
  readonly records: number;
  /** Pages of the list; undefined: there are more than one, and the server does not say how many. */
  readonly pages: number | undefined;
}

export interface ProbeOptions {
  readonly connection: Connection;
  readonly streams: readonly StreamSpec[];
  /** Records per page, which decides what `pages` counts. */
  readonly perPage: (list: ListPlace) => number;
  /** Repositories that are asked about at once. */
  readonly parallel: number;
  readonly signal: AbortSignal;
}

/** Asks for the first page of each list once: one call for each repository and list. Throws what the client throws. */
export async function* probe({ connection, streams, perPage, parallel, signal: asked }: ProbeOptions): AsyncGenerator<Probe> {
  const { client, repositories } = connection;
  const stop = new AbortController();
  const signal = AbortSignal.any([asked, stop.signal]);
  const ask = (found: Found, list: ListPlace): Promise<Answer> => {
    const path = list.path === '' ? `repos/${found.name}` : `repos/${found.name}/${list.path}`;
    const query = list.path === '' ? {} : { ...list.query, per_page: perPage(list) };
    const accept = list.accept === undefined ? {} : { accept: list.accept };
    return client.get(
      { url: client.address.of(path, query), owner: ownerOf(found.name), affinity: found.name, ...accept },
      signal,
    );
  };
  async function* ofRepository(found: Found): AsyncGenerator<Probe> {
    const answers = new Map<string, Answer>();
    for (const { id, list } of streams) {
      const key = JSON.stringify([list.path, list.query, list.accept, perPage(list)]);
      const answer = answers.get(key) ?? (await ask(found, list));
      answers.set(key, answer);
      yield probed(found.name, id, list, answer);
    }
  }
  yield* ordered(await repositories.list(signal), parallel, ofRepository, () => stop.abort());
}

function probed(repository: string, stream: string, list: ListPlace, answer: Answer): Probe {
  const about = { repository, stream };
  if (answer.kind === 'refused') return { ...about, refusal: answer.refusal, records: 0, pages: 0 };
  if (answer.kind === 'unchanged') throw new Error('Status 304 without If-None-Match');
  const records = list.path === '' ? 1 : itemsOf(stream, answer.body, list.member).length;
  return { ...about, refusal: undefined, records, pages: answer.last ?? (answer.next === undefined ? 1 : undefined) };
}
