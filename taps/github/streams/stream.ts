import type { Batch, ReadRequest, Stream } from '../../../singer/tap/index.ts';
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
  const open = (found: Found): AsyncIterable<ExactPiece> =>
    pieces(spec, new Reading({ world, stream: spec.id, found, states, request, signal }), (refused) => {
      onSkip();
      skips.add(spec.id, found.name, refused.refusal);
    });
  const write = lineWriter(spec.id, new Set(Object.keys(spec.properties)), request);
  let unsaved = false;
  try {
    const repositories = await world.repositories.list(signal);
    const pace = Math.ceil(repositories.length / SHORT_BOOKMARK);
    let pages = 0;
    for await (const { rows, save, exact } of ordered(repositories, parallel, open, () => stop.abort())) {
      if (save !== undefined) states.set(save.id, save.name, save.state);
      unsaved ||= save !== undefined;
      if (rows.length === 0) continue;
      const due = save !== undefined && ++pages % pace === 0;
      yield { ...write(rows, exact), ...(due && { bookmark: states.bookmark() }) };
      if (due) unsaved = false;
    }
  } catch (error) {
    if (unsaved) yield { bookmark: states.bookmark() };
    throw error;
  }
  if (unsaved) yield { bookmark: states.bookmark() };
}

interface ExactPiece extends Piece {
  /** True if numbers in it may be kept as text. */
  readonly exact: boolean;
}

/** What can be read of a repository; `onRefused` may throw. */
async function* pieces(spec: StreamSpec, reading: Reading, onRefused: (refused: Refused) => void): AsyncGenerator<ExactPiece> {
  try {
    for await (const piece of spec.read(reading)) yield { ...piece, exact: reading.exact };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    onRefused(error);
  }
}
