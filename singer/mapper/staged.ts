import { InputError } from '../errors.ts';
import type { Output } from '../output.ts';
import type { Stage } from '../stage.ts';
import { unlessAborted } from '../tap/waiting.ts';
import { wholeLines } from '../target/lines.ts';
import { isWholeMessage } from '../target/message.ts';
import type { Place } from '../target/place.ts';

/** What a pipe holds: larger pieces make reader and writer wait for each other. */
const PIECE_BYTES = 64 * 1024;

/** Up to so many bytes a copy costs next to nothing. */
const COPIED_BYTES = 4 * 1024;

/**
 * What a stage makes of an input, block by block; a block is valid until the next one is asked for. Throws what the stage throws, and
 * InputError for a line that is too long, is not UTF-8, or ends in its midst.
 */
export async function* stagedInput(input: AsyncIterable<Buffer>, stage: Stage, maxLineBytes: number): AsyncGenerator<Buffer> {
  const place: Place = { line: 0, file: undefined };
  for await (const piece of wholeLines(input, maxLineBytes, place)) {
    if (piece.unfinished && !isWholeMessage(piece)) throw inputCut();
    yield* stage.take(piece);
  }
  yield* stage.finish();
}

/** Does some work with a stage and closes it. */
export async function withStage(stage: Stage, work: () => Promise<void>): Promise<void> {
  let succeeded = false;
  try {
    await work();
    succeeded = true;
  } finally {
    await stage.close(succeeded);
  }
}

/** An output before which a stage stands. */
export interface StagedOutput extends Output {
  /** All has been written: sends on what the stage held back. */
  finish(): Promise<void>;
}

/** What is written to it goes through the stage first. Every `write` gives a promise. */
export function stagedOutput(output: Output, stage: Stage, signal: AbortSignal): StagedOutput {
  // One after the other, whether or not the writer waits.
  let last = Promise.resolve();
  const next = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work);
    last.catch(() => undefined);
    return last;
  };
  return {
    write: (given) => {
      // A copy: it may have to wait for its turn.
      const bytes = Buffer.from(given);
      return next(() => writeAll(stage.take({ bytes, start: 0, end: bytes.length }), output, signal));
    },
    flush: () => next(() => output.flush()),
    finish: () => next(() => writeAll(stage.finish(), output, signal)),
  };
}

/**
 * Writes blocks in pieces, as fast as the reader takes them. Ends early once the signal is aborted: a reader that sleeps, or an upstream
 * that is silent, must not keep a run that was stopped.
 */
export async function writeAll(blocks: AsyncIterable<Buffer>, output: Output, signal: AbortSignal): Promise<void> {
  const iterator = blocks[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const next = await unlessAborted(iterator.next(), signal);
    if (next === undefined || next.done === true) return;
    const block = next.value;
    for (let at = 0; at < block.length && !signal.aborted; at += PIECE_BYTES) {
      const piece = block.subarray(at, at + PIECE_BYTES);
      const wait = lend(piece, output);
      if (wait !== undefined) await unlessAborted(wait, signal);
    }
  }
}

/**
 * Writes bytes that are used again once this is done, or its promise. A short piece may be queued without a promise to wait for: it is copied
 * if it is small, else its being taken is waited for. Copies of large ones would keep the collector busy.
 */
function lend(piece: Buffer, output: Output): Promise<void> | undefined {
  if (piece.length >= PIECE_BYTES) return output.write(piece);
  if (piece.length < COPIED_BYTES || output.queued === undefined) return output.write(Buffer.from(piece));
  return output.write(piece) ?? (output.queued() > 0 ? output.flush() : undefined);
}

function inputCut(): InputError {
  return new InputError('The input ended in the middle of its last line: the upstream died', {
    code: 'input-cut',
    hint: 'See why the upstream stopped, then run again: the last state that was stored is safe.',
  });
}
