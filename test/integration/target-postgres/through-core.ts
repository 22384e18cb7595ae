import type { Json, Target } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import { load } from '../../../singer/target/load.ts';
import target from '../../../targets/postgres/index.ts';
import { chunks } from '../../support/memory-destination.ts';

/** By which lane records go: the fast one as far as it takes them, or the general one alone. */
export type Lane = 'fast' | 'general';

interface Told {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the core and the target said in one run. */
export interface Said {
  readonly warnings: Told[];
  readonly infos: Told[];
  readonly summaries: Map<string, Readonly<Record<string, Json>>>;
  readonly states: string[];
}

/** Loads message lines by the whole of the core. Throws what the run throws. */
export async function through(url: string, lane: Lane, settings: Record<string, Json>, lines: readonly string[]): Promise<Said> {
  const said: Said = { warnings: [], infos: [], summaries: new Map(), states: [] };
  const plugin = (lane === 'fast' ? target : withoutLines(target)) as unknown as Target;
  const { config, problems } = checkConfig(allSettings(plugin), { url, default_target_schema: 'public', ...settings });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const warn = (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    void said.warnings.push({ message, fields });
  const once = new Set<string>();
  const log = {
    debug() {},
    info: (message: string, fields: Readonly<Record<string, unknown>> = {}) => void said.infos.push({ message, fields }),
    error() {},
    conceal() {},
    warn,
    warnOnce: (key: string, message: string, fields?: Readonly<Record<string, unknown>>) => {
      if (!once.has(key)) warn(message, fields);
      once.add(key);
    },
  };
  await load({
    target: plugin,
    config,
    run: { name: target.name, version: '0', log, signal: new AbortController().signal },
    input: chunks(lines.map((line) => Buffer.from(`${line}\n`))),
    output: { write: (line) => void said.states.push(String(line).trimEnd()), flush: () => Promise.resolve() },
    meter: { records() {}, state() {}, summary: (stream, facts) => void said.summaries.set(stream, facts ?? {}), close() {} },
  });
  return said;
}

/** The target with encoders that take no lines. */
function withoutLines(whole: typeof target): typeof target {
  return {
    ...whole,
    async open(config, run) {
      const destination = await whole.open(config, run);
      const openStream = destination.openStream.bind(destination);
      return Object.assign(destination, {
        openStream: async (...opened: Parameters<typeof openStream>) => {
          const encoder = await openStream(...opened);
          return encoder && { encode: encoder.encode.bind(encoder) };
        },
      });
    },
  };
}
