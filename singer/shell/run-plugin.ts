import { readJsonFile } from './config-sources.ts';
import { ConfigError, SystemError, type Problem } from '../errors.ts';
import type { Arguments } from './flags.ts';
import { openInput } from './input.ts';
import { parseExact } from '../json-text.ts';
import { createMeter } from './metrics.ts';
import type { MapperConfig } from '../mapper/map-settings.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Answer, Ask, Mapper, Plugin, Rules, Run, Tap, Target } from '../plugin.ts';
import type { Source } from '../tap/source.ts';
import type { Destination } from '../target/destination.ts';
import type { RunLog } from './run-log.ts';
import type { Stderr } from './stderr.ts';

/** One Singer job: what was asked for and what it works with. */
export interface Job {
  readonly args: Arguments;
  /** Checked. */
  readonly config: object;
  readonly run: Run;
  readonly output: Output;
  readonly log: RunLog;
  readonly stderr: Stderr;
  readonly rules: Rules | undefined;
}

/** Does a plugin's job. Throws what it and the core throw; all that was opened is closed by then. */
export function runPlugin(plugin: Plugin, job: Job): Promise<void> {
  if (plugin.kind === 'tap') return runTap(plugin, job);
  return plugin.kind === 'target' ? runTarget(plugin, job) : runMapper(plugin, job);
}

/** Discovers or reads. Throws what the tap and the core throw; the source is closed by then. */
async function runTap(tap: Tap, job: Job): Promise<void> {
  const { args, config, run, output } = job;
  // Meltano passes an old catalog to discovery if one lies there: it must not matter.
  const files = args.discover ? { catalog: undefined, state: undefined } : await readFiles(args);
  // Loaded while the source's system answers.
  const extraction = args.discover ? undefined : import('../tap/extract.ts');
  const source = await tap.open(config as never, run);
  try {
    if (extraction === undefined) await printCatalog(source, output);
    else {
      const { extract } = await extraction;
      await metered(job, (meter) =>
        behindRules(job, (output) => extract({ source, config, run, output, meter, ...files, test: args.test })),
      );
    }
  } finally {
    await source.close?.();
  }
}

/** Loads. Throws what the target and the core throw; the destination is closed by then. */
async function runTarget(target: Target, job: Job): Promise<void> {
  const { args, config, run, output } = job;
  const { load } = await import('../target/load.ts');
  const input = await openInput(args.input);
  try {
    await metered(job, (meter) => beforeRules(job, input, (input) => load({ target, config, run, input, output, meter })));
  } finally {
    input.close();
  }
}

/** Throws ConfigError for rules that a run would refuse at its start. */
async function refuseBadRules({ config, rules, run }: Job): Promise<void> {
  if (rules?.areIn(config) === true) await (await rules.open(config, run)).close(false);
}

/** Has a tap write through the rules of its config, if it has any. */
async function behindRules({ config, output, rules, run }: Job, work: (output: Output) => Promise<void>): Promise<void> {
  if (rules?.areIn(config) !== true) return work(output);
  const { stagedOutput, withStage } = await import('../mapper/staged.ts');
  const stage = await rules.open(config, run);
  await withStage(stage, async () => {
    const staged = stagedOutput(output, stage, run.signal);
    await work(staged);
    await staged.finish();
  });
}

/** Has a target read through the rules of its config, if it has any. */
async function beforeRules(
  { config, rules, run }: Job,
  input: AsyncIterable<Buffer>,
  work: (input: AsyncIterable<Buffer>) => Promise<void>,
  how = { rehearsal: false },
): Promise<void> {
  if (rules?.areIn(config) !== true) return work(input);
  const { stagedInput, withStage } = await import('../mapper/staged.ts');
  const { max_line_bytes } = config as MapperConfig;
  const stage = await rules.open(config, run, how);
  await withStage(stage, () => work(stagedInput(input, stage, max_line_bytes)));
}

/** Stands between two pipes. */
async function runMapper(mapper: Mapper, job: Job): Promise<void> {
  const { args, config, run, output } = job;
  const { map } = await import('../mapper/map.ts');
  const input = await openInput(args.input);
  try {
    await metered(job, (meter) => map({ mapper, config, run, input, output, meter }));
  } finally {
    input.close();
  }
}

/** Has a mode answer. Throws what it throws. */
export async function runMode(plugin: Plugin, name: string, job: Job, format: 'text' | 'json'): Promise<Answer> {
  const { args, config, run } = job;
  const files = await readFiles(args);
  const { catalog } = files;
  const mode = plugin.modes![name]!;
  await refuseBadRules(job);
  const requests: Ask['requests'] = async (streams) => {
    const { streamRequests } = await import('../tap/requests.ts');
    return streamRequests(streams, files, run);
  };
  if (plugin.kind === 'tap') {
    return mode.run(config as never, run, { format, catalog, input: nothing(), rehearse: nowhere, requests });
  }
  const opened = process.stdin.isTTY && args.input === undefined ? undefined : await openInput(args.input);
  const input = opened ?? nothing();
  const rehearse = async (destination: Destination): Promise<void> => {
    if (plugin.kind !== 'target') return nowhere();
    const { load } = await import('../target/load.ts');
    const target: Target = { ...plugin, open: () => Promise.resolve(destination) };
    // Nothing is loaded, so nothing is used up.
    const harmless = { ...config, delete_batch_files: false };
    const read = (input: AsyncIterable<Buffer>): Promise<void> =>
      load({ target, config: harmless, run, input, output: DISCARDED, meter: UNMETERED });
    await beforeRules({ ...job, config: harmless }, input, read, { rehearsal: true });
  };
  try {
    return await mode.run(config as never, run, { format, catalog, input, rehearse, requests });
  } finally {
    opened?.close();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}

/** A tap has nothing to load. */
async function nowhere(): Promise<void> {}

const DISCARDED: Output = { write: () => undefined, flush: () => Promise.resolve() };
const UNMETERED: Meter = {
  records: () => undefined,
  state: () => undefined,
  summary: () => undefined,
  close: () => undefined,
};

async function printCatalog(source: Source, output: Output): Promise<void> {
  const { catalogText } = await import('../tap/catalog.ts');
  for (const piece of catalogText(source.streams)) await output.write(piece);
  await output.flush();
}

async function metered({ log, output, stderr }: Job, work: (meter: Meter) => Promise<void>): Promise<void> {
  const meter = createMeter({ log, stderr });
  try {
    await work(meter);
    await output.flush();
    meter.finish('succeeded');
  } catch (error) {
    // `tap | head` closes the pipe on purpose: one line is enough then.
    if (error instanceof SystemError && error.code === 'output-closed') log.hush();
    meter.finish('failed');
    throw error;
  }
}

async function readFiles({ catalog, state }: Arguments): Promise<{ catalog: unknown; state: unknown }> {
  const problems: Problem[] = [];
  const files = {
    catalog: catalog === undefined ? undefined : await readJsonFile(catalog, 'catalog file', problems, { parse: parseExact }),
    // A shell pipeline's first run has an empty state file. Numbers of other taps' bookmarks must stay exact.
    state:
      state === undefined
        ? undefined
        : await readJsonFile(state, 'state file', problems, { emptyIsNone: true, parse: parseExact }),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return files;
}
