import { MAPPER_WAYS } from './mapper/ways.ts';
import type { Kind } from './statements.ts';
import type { Config } from './subject.ts';

interface WayText {
  readonly kind: Kind;
  /** What the plugin does with such settings. */
  readonly what: string;
  /** Settings by which plugins are known to do it; the first whose names a plugin has are used. */
  readonly known: readonly Config[];
}

/** Ways of working that a check may ask of a plugin, by name. `{dir}` in a value stands for the folder of the check. */
export const WAYS = {
  append: { kind: 'target', what: 'adds every row', known: [{ load_method: 'append-only' }] },
  upsert: { kind: 'target', what: 'replaces the row with the same key', known: [{ load_method: 'upsert' }] },
  overwrite: { kind: 'target', what: 'replaces all that a stream held', known: [{ load_method: 'overwrite' }] },
  'small-batches': {
    kind: 'target',
    what: 'commits the smallest batch at each STATE',
    known: [{ batch_size_rows: 1, max_state_age_seconds: 0.1 }, { batch_size_rows: 1 }],
  },
  'young-states': {
    kind: 'target',
    what: 'lets a STATE wait for half a second at most',
    known: [{ max_state_age_seconds: 0.5 }],
  },
  metadata: { kind: 'target', what: 'adds the _sdc_ columns', known: [{ add_record_metadata: true }] },
  'no-metadata': {
    kind: 'target',
    what: 'adds no _sdc_ columns', // Some can act on versions only with these columns.
    known: [{ add_record_metadata: false, activate_version: false }, { add_record_metadata: false }],
  },
  'hard-delete': { kind: 'target', what: 'removes rows for good', known: [{ hard_delete: true }] },
  'ignore-versions': {
    kind: 'target',
    what: 'ignores ACTIVATE_VERSION',
    known: [{ process_activate_version_messages: false }, { activate_version: false }],
  },
  'delete-batch-files': {
    kind: 'target',
    what: 'removes BATCH files that are committed',
    known: [{ delete_batch_files: true }],
  },
  flatten: {
    kind: 'target',
    what: 'flattens objects two levels deep',
    known: [{ flattening_enabled: true, flattening_max_depth: 2 }],
  },
  'frequent-state': {
    kind: 'tap',
    what: 'emits a STATE at about each record',
    known: [{ state_interval_records: 1, state_interval_seconds: 0 }],
  },
  activate: { kind: 'tap', what: 'emits ACTIVATE_VERSION', known: [{ emit_activate_version_messages: true }] },
  batch: {
    kind: 'tap',
    what: 'writes BATCH files',
    known: [
      {
        batch_config: {
          encoding: { format: 'jsonl', compression: 'gzip' },
          storage: { root: 'file://{dir}', prefix: 'check-' },
          batch_size: 1,
        },
      },
    ],
  },
  ...MAPPER_WAYS,
} as const satisfies Record<string, WayText>;

export type Way = keyof typeof WAYS;

/** All names of ways. */
export const wayNames = Object.keys(WAYS) as Way[];

/** Settings for each way that a plugin knows, told by the settings it describes (a JSON Schema's `properties`). */
export function waysAmong(kind: Kind, properties: Readonly<Record<string, unknown>>): Partial<Record<Way, Config>> {
  const fits = (settings: Config): boolean =>
    Object.entries(settings).every(([name, value]) => name in properties && allows(properties[name], value));
  return Object.fromEntries(
    wayNames
      .filter((way) => WAYS[way].kind === kind)
      .map((way) => [way, (WAYS[way].known as readonly Config[]).find(fits)])
      .filter(([, settings]) => settings !== undefined),
  ) as Partial<Record<Way, Config>>;
}

/** The settings with `{dir}` in any text replaced. */
export function inFolder(settings: Config, dir: string): Config {
  return JSON.parse(JSON.stringify(settings).replaceAll('{dir}', JSON.stringify(dir).slice(1, -1))) as Config;
}

/** False if a setting lists its values and this is none of them. */
function allows(property: unknown, value: unknown): boolean {
  const choice = typeof property === 'object' && property !== null && 'enum' in property ? property.enum : undefined;
  return !Array.isArray(choice) || choice.includes(value);
}
