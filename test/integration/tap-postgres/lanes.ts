import type { Batch, ReadRequest } from '../../../singer/tap/source.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import { rowEncoder } from '../../../singer/tap/rows.ts';
import tap from '../../../taps/postgres/index.ts';
import { keepingLog } from '../../support/memory-tap.ts';

/** What a stream gives through one of the lanes. */
export interface Lane {
  /** JSON text of each record, in order. */
  readonly records: readonly string[];
  /** What was told of values that could not be sent as they are: property, number, words. */
  readonly told: readonly string[];
  readonly error: unknown;
}

/** Reads whole streams through both lanes, in two transactions. */
export async function readLanes(
  url: string,
  stream: string,
  config: object = {},
): Promise<{ readonly fast: Lane; readonly general: Lane }> {
  return { fast: await readLane(url, stream, true, config), general: await readLane(url, stream, false, config) };
}

async function readLane(url: string, id: string, whole: boolean, given: object): Promise<Lane> {
  const log = keepingLog();
  const { config, problems } = checkConfig(allSettings(tap as never), { url, ...given });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const run = { name: 'tap-postgres', version: '0', log, signal: new AbortController().signal };
  const source = await tap.open(config as never, run);
  const records: string[] = [];
  let error: unknown;
  try {
    const stream = source.streams.find((candidate) => candidate.id === id);
    if (stream === undefined) throw new Error(`There is no stream ${id}`);
    const schema = stream.schema as { readonly properties: Readonly<Record<string, unknown>> };
    const columns = Object.keys(schema.properties);
    const request: ReadRequest = {
      method: 'FULL_TABLE',
      replicationKey: undefined,
      bookmark: undefined,
      keys: [],
      schema: stream.schema,
      columns,
      whole,
      versioned: false,
      limit: undefined,
      envelope: () => ({ head: Buffer.alloc(0), tail: Buffer.from('\n') }),
      signal: run.signal,
      log,
    };
    const encode = rowEncoder({
      stream: id,
      columns: columns.map((name) => ({ name, cut: undefined, coerce: undefined })),
      keys: [],
      deselected: new Set(),
      log,
    });
    for await (const batch of stream.read(request)) records.push(...recordsOf(batch, encode));
  } catch (thrown) {
    error = thrown;
  } finally {
    await source.close?.();
  }
  const told = log.lines
    .filter(({ level }) => level === 'warn')
    .map(({ message, fields }) => `${String(fields['property'])} ${String(fields['values'])} ${message}`);
  return { records, told, error };
}

function recordsOf({ lines, rows }: Batch, encode: ReturnType<typeof rowEncoder>): string[] {
  return [...(lines?.bytes.toString().split('\n').slice(0, -1) ?? []), ...(rows ?? []).map(encode)];
}
