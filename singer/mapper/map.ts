import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Mapper, Run } from '../plugin.ts';
import type { Stage } from '../stage.ts';
import { unlessAborted } from '../tap/waiting.ts';
import type { MapperConfig } from './map-settings.ts';
import { inputLines, withStage, writeAll } from './staged.ts';

/**
 * A mapper's way: reads lines, has its stage change them, writes what comes out. Throws what the stage throws, InputError for an input
 * that ends within a line, Interrupted when `run.signal` was aborted; what was made of the lines before has been written then.
 */
export async function map(o: {
  readonly mapper: Mapper;
  readonly config: object;
  readonly run: Run;
  readonly input: AsyncIterable<Buffer>;
  readonly output: Output;
  readonly meter: Meter;
}): Promise<void> {
  const { mapper, meter, output } = o;
  const { signal } = o.run;
  const { max_line_bytes } = o.config as MapperConfig;
  const stage = await mapper.open(o.config as never, o.run);
  await withStage(stage, async () => {
    const write = (blocks: AsyncIterable<Buffer>): Promise<boolean> => writeAll(counted(blocks, stage, meter), output, signal);
    for await (const lines of untilAborted(inputLines(o.input, max_line_bytes), signal)) await write(stage.take(lines));
    signal.throwIfAborted();
    await write(stage.finish());
    signal.throwIfAborted();
    await output.flush();
  });
}

/** What comes before the signal is aborted. An upstream that is silent then is not waited for. */
async function* untilAborted<T>(values: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const next = await unlessAborted(iterator.next(), signal);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

/** Tells the meter what has left after each block. */
async function* counted(blocks: AsyncIterable<Buffer>, stage: Stage, meter: Meter): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    yield block;
    for (const [stream, records] of stage.sent?.() ?? []) meter.records(stream, records, 0);
  }
}
