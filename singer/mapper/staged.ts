import { InputError } from '../errors.ts';
import type { Output } from '../output.ts';
import type { Stage } from '../stage.ts';
import { unlessAborted, within } from '../tap/waiting.ts';
import { type Lines, wholeLines } from '../target/lines.ts';
import { isWholeMessage } from '../target/message.ts';
import type { Place } from '../target/place.ts';

/** What a pipe holds: larger pieces make reader and writer wait for each other. */
const PIECE_BYTES = 64 * 1024;
/** Time that a run which was stopped gives its reader to take what was written. */
const LAST_WRITE_MILLISECONDS = 3000;

/** Up to so many bytes a copy costs next to nothing. */
const COPIED_BYTES = 4 * 1024;

/**
 * What a stage makes of an input, block by block; a block is valid until the next one is asked for. Throws what the stage throws, and
 * InputError for a line that is too long, is not UTF-8, or ends in its midst.
 */
export async function* stagedInput(input: AsyncIterable<Buffer>, stage: Stage, maxLineBytes: number): AsyncGenerator<Buffer> {
  for await (const lines of inputLines(input, maxLineBytes)) yield* stage.take(lines);
  yield* stage.finish();
}

/** Whole lines of an input. Throws InputError for a line that is too long, is not UTF-8, or ends in its midst. */
export async function* inputLines(input: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<Lines> {
  const place: Place = { line: 0, file: undefined };
  for await (const piece of wholeLines(input, maxLineBytes, place)) {
    if (piece.unfinished && !isWholeMessage(piece)) throw inputCut();
    yield piece;
  }
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
  let givenUp = false;
  const write = (blocks: () => AsyncIterable<Buffer>): Promise<void> =>
    next(async () => {
      if (!givenUp) givenUp = !(await writeAll(blocks(), output, signal));
    });
  return {
    write: (given) => {
      // A copy: it may have to wait for its turn.
      const bytes = Buffer.from(given);
      return write(() => stage.take({ bytes, start: 0, end: bytes.length }));
    },
    flush: () => next(() => output.flush()),
    finish: () => write(() => stage.finish()),
  };
}

/**
 * Writes blocks in pieces, as fast as the reader takes them. Once the signal is aborted, a reader that takes nothing for some time is
 * given up (false: nothing more may be written, because it may still hold the last block); one that still reads gets all, because a line
 * may begin in one block and end in the next.
 */
export async function writeAll(blocks: AsyncIterable<Buffer>, output: Output, signal: AbortSignal): Promise<boolean> {
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += PIECE_BYTES) {
      const piece = block.subarray(at, at + PIECE_BYTES);
      const wait = lend(piece, output);
      if (wait !== undefined && !(await isTaken(wait, signal))) return false;
    }
  }
  return true;
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

/** Waits for a write; false if a run that was stopped has waited long enough. */
async function isTaken(wait: Promise<void>, signal: AbortSignal): Promise<boolean> {
  let taken = false;
  const done = wait.then(() => void (taken = true));
  await unlessAborted(done, signal);
  if (!taken) await within(LAST_WRITE_MILLISECONDS, done);
  return taken;
}

function inputCut(): InputError {
  return new InputError('The input ended in the middle of its last line: the upstream died', {
    code: 'input-cut',
    hint: 'See why the upstream stopped, then run again: the last state that was stored is safe.',
  });
}
