import { InputError } from '../errors.ts';
import { isWholeMessage } from '../target/message.ts';
import { wholeLines } from '../target/lines.ts';
import type { Place } from '../target/place.ts';
import type { Output } from '../output.ts';
import type { Mapper, Run } from '../plugin.ts';
import type { MapperConfig } from './map-settings.ts';

/** What a pipe holds: larger pieces make reader and writer wait for each other. */
const PIECE_BYTES = 64 * 1024;

/**
 * A mapper's way: reads lines, has the stage change them, writes what comes out. Throws what the stage throws, InputError for an input
 * that ends within a line, Interrupted when `run.signal` was aborted; what was made of the lines before has been written then.
 */
export async function map(o: {
  readonly mapper: Mapper;
  readonly config: object;
  readonly run: Run;
  readonly input: AsyncIterable<Buffer>;
  readonly output: Output;
}): Promise<void> {
  const { mapper, output, run } = o;
  const { max_line_bytes } = o.config as MapperConfig;
  const stage = await mapper.open(o.config as never, run);
  const place: Place = { line: 0, file: undefined };
  try {
    for await (const piece of wholeLines(o.input, max_line_bytes, place)) {
      run.signal.throwIfAborted();
      if (piece.unfinished && !isWholeMessage(piece)) throw inputCut();
      await write(stage.take(piece), output);
    }
    run.signal.throwIfAborted();
    await write(stage.finish(), output);
  } finally {
    await stage.close();
  }
}

async function write(blocks: AsyncIterable<Buffer>, output: Output): Promise<void> {
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += PIECE_BYTES) {
      const wait = output.write(block.subarray(at, at + PIECE_BYTES));
      if (wait !== undefined) await wait;
    }
  }
}

function inputCut(): InputError {
  return new InputError('The input ended in the middle of its last line: the upstream died', {
    code: 'input-cut',
    hint: 'See why the upstream stopped, then run again: the last state that was stored is safe.',
  });
}
