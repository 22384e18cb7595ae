import type { Json, Settings, Target } from '../../singer/index.ts';
import { checkConfig } from '../../singer/shell/config.ts';
import { allSettings } from '../../singer/shell/plugin-settings.ts';
import { load } from '../../singer/target/load.ts';
import { chunks } from './memory-destination.ts';

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

export interface Through {
  readonly lane: Lane;
  readonly settings: Readonly<Record<string, Json>>;
  readonly lines: readonly string[];
  /** Filled while the run goes on, for runs that fail. */
  readonly said?: Said;
}

export function nothingSaid(): Said {
  return { warnings: [], infos: [], summaries: new Map(), states: [] };
}

/** Loads message lines into a target by the whole of the core. Throws what the run throws. */
export async function through<S extends Settings>(
  target: Target<S>,
  { lane, lines, settings, said = nothingSaid() }: Through,
): Promise<Said> {
  const plugin = (lane === 'fast' ? target : withoutLines(target)) as unknown as Target;
  const { config, problems } = checkConfig(allSettings(plugin), settings);
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
function withoutLines<S extends Settings>(whole: Target<S>): Target<S> {
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
