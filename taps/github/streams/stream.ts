import type { Batch, Log, ReadRequest, Stream } from '../../../singer/tap/index.ts';
import type { Refusal } from '../api/verdict.ts';
import type { Found } from '../repositories/repositories.ts';
import { States } from '../state/states.ts';
import { lineWriter } from './lines.ts';
import { ordered } from './ordered.ts';
import { type Piece, Reading, type World } from './reading.ts';
import { Refused } from './refused.ts';
import type { Skips } from './skips.ts';
import { schemaOf, type StreamSpec } from './table.ts';

/** Up to so many repositories every page of records is followed by a bookmark; of more, which make a long one, every few pages. */
const SHORT_BOOKMARK = 1000;

export interface StreamOptions {
  readonly world: World;
  readonly skips: Skips;
  /** Repositories that are read at once. */
  readonly parallel: number;
}

/** A stream of all repositories, one after the other. */
export function githubStream(spec: StreamSpec, options: StreamOptions): Stream {
  let skipped = false;
  return {
    id: spec.id,
    schema: schemaOf(spec),
    keys: spec.keys,
    methods: spec.methods,
    seesAll: () => !skipped,
    read: (request) => read(spec, options, request, () => (skipped = true)),
  };
}

async function* read(
  spec: StreamSpec,
  { world, skips, parallel }: StreamOptions,
  request: ReadRequest,
  onSkip: () => void,
): AsyncGenerator<Batch> {
  const states = new States(request.method === 'INCREMENTAL' ? request.bookmark : undefined);
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const skip = (name: string, refusal: Refusal): void => {
    onSkip();
    skips.add(spec.id, name, refusal);
  };
  const once = new Once(request.log);
  const write = lineWriter(spec.id, new Set(Object.keys(spec.properties)), request);
  const open = (found: Found): AsyncIterable<ReadPiece> =>
    pieces(spec, new Reading({ world, stream: spec.id, found, states, request, write, signal, skip }), once);
  let unsaved = false;
  try {
    const repositories = await world.repositories.list(signal);
    const pace = Math.ceil(repositories.length / SHORT_BOOKMARK);
    let pages = 0;
    for await (const { batches, save, reading } of ordered(repositories, parallel, open, () => stop.abort())) {
      if (!once.claims(reading)) continue;
      if (save !== undefined) states.set(save.id, save.name, save.state);
      unsaved ||= save !== undefined;
      const last = batches.at(-1);
      if (last === undefined) continue;
      yield* batches.slice(0, -1);
      const due = save !== undefined && ++pages % pace === 0;
      yield { ...last, ...(due && { bookmark: states.bookmark() }) };
      if (due) unsaved = false;
    }
  } catch (error) {
    if (unsaved) yield { bookmark: states.bookmark() };
    throw error;
  }
  if (unsaved) yield { bookmark: states.bookmark() };
}

interface ReadPiece extends Piece {
  readonly reading: Reading;
}

/** Two entries may be one repository, once by an old name: what comes out first is the only one. */
class Once {
  readonly #names = new Map<string, string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** True if the repository is read under this name. */
  claims({ id, name }: Reading): boolean {
    if (id === undefined) return true;
    if (!this.#names.has(id)) this.#names.set(id, name);
    return !this.isOther(id, name);
  }

  /** True if the repository is read under another name. */
  isOther(id: string | undefined, name: string): boolean {
    const taken = id === undefined ? undefined : this.#names.get(id);
    if (taken === undefined || taken === name) return false;
    this.#log.warnOnce(`twice:${name}`, 'Two names are one repository: it is read once', { repository: name, read_as: taken });
    return true;
  }
}

/** What can be read of a repository. */
async function* pieces(spec: StreamSpec, reading: Reading, once: Once): AsyncGenerator<ReadPiece> {
  try {
    for await (const piece of spec.read(reading)) {
      yield { ...piece, reading };
      if (once.isOther(reading.id, reading.name)) return;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    reading.skip(error.refusal);
  }
}
