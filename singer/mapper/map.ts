import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Mapper, Run } from '../plugin.ts';
import type { Stage } from '../stage.ts';
import type { MapperConfig } from './map-settings.ts';
import { stagedInput, withStage, writeAll } from './staged.ts';

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
  const { mapper, meter, output, run } = o;
  const { max_line_bytes } = o.config as MapperConfig;
  const stage = await mapper.open(o.config as never, run);
  await withStage(stage, async () => {
    await writeAll(counted(stagedInput(o.input, stage, max_line_bytes), stage, meter), output, run.signal);
    run.signal.throwIfAborted();
    await output.flush();
  });
}

/** Tells the meter what has left after each block. */
async function* counted(blocks: AsyncIterable<Buffer>, stage: Stage, meter: Meter): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    yield block;
    for (const [stream, records] of stage.sent?.() ?? []) meter.records(stream, records, 0);
  }
}
