import type { Config, Settings } from '../../singer/index.ts';
import { ON_ERROR } from '../fault.ts';

export const keySource = {
  id: { type: 'string', description: 'Tells the keys of a list apart.' },
  env: { type: 'string', description: 'The name (not the value) of the environment variable that holds the key.' },
  file: { type: 'string', description: 'The file that holds the key.' },
  ephemeral: {
    type: 'boolean',
    description: 'A random key for this run only: nobody can link its tokens to those of another run.',
  },
} as const satisfies Settings;

const transformation = {
  tap_stream_name: { type: 'string', required: true, description: 'The stream.' },
  field_id: { type: 'string', required: true, description: 'The field.' },
  type: {
    type: 'string',
    required: true,
    description:
      'SET-NULL, HASH, HASH-SKIP-FIRST-n, MASK-DATE, MASK-NUMBER, MASK-HIDDEN or MASK-STRING-SKIP-ENDS-n, with n from 1 to 9.',
  },
  field_paths: {
    type: 'array',
    items: { type: 'string', description: 'A path, with slashes: `metadata/comment`.' },
    description: 'The parts of an object that are meant, where it is not the whole field.',
  },
  when: {
    type: 'array',
    description: 'Only for records for which all of these hold.',
    items: {
      type: 'object',
      description: 'A condition on one field.',
      strict: true,
      properties: {
        column: { type: 'string', required: true, description: 'The field.' },
        field_path: { type: 'string', description: 'The part of it that is meant.' },
        equals: { type: ['number', 'boolean', 'string', 'object', 'array'], description: 'What it has to be.' },
        regex_match: { type: 'string', description: 'A regular expression that has to be found in it.' },
      },
    },
  },
  safe_field_id: { type: 'string', description: 'The field as a column of SQL.', ignored: 'only `field_id` is used' },
} as const satisfies Settings;

/** The settings of `transform-records`; taps and targets take them too. */
export const transformSettings = {
  transforms: {
    type: 'object',
    namesData: true,
    description:
      'Rules by stream: a name, a pattern (`public-*`), or several separated by commas. One entry holds for a stream: that by the name with which it comes, or the first pattern. See docs/transforms.md. The word `drop` removes a stream, `{}` lets it pass as it is.',
    examples: [{ customers: { fields: { email: ['trim', 'lower'] } } }],
  },
  transformations: {
    type: 'array',
    namesData: true,
    description:
      'Rules of transform-field, which run before all others: a list of `{tap_stream_name, field_id, type}` with `when` and `field_paths`. See docs/transform-field.md.',
    items: { type: 'object', description: 'One field and what is done to it.', strict: true, properties: transformation },
    examples: [[{ tap_stream_name: 'public-users', field_id: 'email', type: 'HASH' }]],
  },
  stream_maps: {
    type: 'object',
    namesData: true,
    description:
      'Inline stream maps as the Meltano SDK has them: by stream, an object of properties and expressions, or null. They run before `transforms`. See docs/stream-maps.md.',
    examples: [{ customers: { email: null, email_domain: "email.split('@')[-1]" } }],
  },
  stream_map_config: {
    type: 'object',
    description: "Free values that expressions of `stream_maps` read as `config['name']`.",
  },
  faker_config: {
    type: 'object',
    description: 'Settings of fake values.',
    ignored: 'expressions with `fake` are refused: fake values are not made here',
  },
  flattening_enabled: {
    type: 'boolean',
    description: 'Make properties of the members of nested objects: {"a": {"b": 1}} becomes a__b. Runs after `stream_maps`.',
  },
  flattening_max_depth: {
    type: 'integer',
    minimum: 0,
    description: 'Levels of nested objects that are flattened. Required with flattening_enabled.',
  },
  flattening_max_key_length: {
    type: 'integer',
    minimum: 16,
    description: 'Longest name of a flattened property, in bytes: 255 unless set. A longer one is cut and ends in a hash.',
  },
  flattening_separator: {
    type: 'string',
    description: 'Text between the names that make up the name of a flattened property: `__` unless set.',
  },
  keys: {
    type: 'object',
    description:
      'Secret keys by name, for operations that need one. A key has at least 32 bytes (64 hexadecimal digits, base64, or text) and never stands in the settings itself. A list of keys with an `id` each is for the time of a change, newest first: the newest is used, `name.id` means one of them.',
    examples: [
      { pii: { env: 'PII_KEY' } },
      {
        pii: [
          { id: '2027', env: 'PII_KEY_2027' },
          { id: '2026', file: '/run/secrets/pii' },
        ],
      },
    ],
    members: {
      type: ['object', 'array'],
      description: 'Where the key is.',
      strict: true,
      properties: keySource,
      items: { type: 'object', description: 'Where one of the keys is.', strict: true, properties: keySource },
    },
  },
  vars: {
    type: 'object',
    description: "Free values that expressions read as `config['name']`.",
  },
  defaults: {
    type: 'object',
    description: 'What rules and operations take where they are not told otherwise.',
    strict: true,
    properties: {
      on_error: {
        type: 'string',
        options: ON_ERROR,
        description: 'What becomes of a value that a cleaning operation cannot take.',
      },
      locale: { type: 'string', description: 'Language of names of months, countries and the like. `en` unless set.' },
      zone: { type: 'string', description: 'Time zone of times that name none. `UTC` unless set.' },
    },
  },
  quarantine: {
    type: 'object',
    description: 'Where records go that are put aside.',
    strict: true,
    properties: {
      stream: {
        type: 'string',
        description:
          'Name of the stream that they become records of; `{stream}` is their own. `{stream}__quarantine` unless set.',
      },
      max: {
        type: ['integer', 'string'],
        description: 'More than so many (`100`), or than such a share of all records (`5%`), end the run.',
      },
      mask_personal: {
        type: 'boolean',
        description:
          'Hide, in the record that is kept, every field that a rule hides. True unless set to false, which keeps clear values.',
      },
    },
  },
  report: {
    type: ['string', 'object'],
    description: 'Where the report of the checks goes, at the end of the run: a file that gets it as JSON, a stream, or both.',
    examples: ['quality.json', { file: 'quality.json', stream: '_quality' }],
    strict: true,
    properties: {
      file: { type: 'string', description: 'The file; its folder must be there.' },
      stream: { type: 'string', description: 'The stream: one record per check, sent after all others.' },
    },
  },
  stats: {
    type: 'object',
    description:
      'A stream of counts, sent after all others: for each stream with rules the records read, written, dropped and quarantined, and when it began and ended. A stream without an entry passes unread and is not counted; an empty entry (`{}`) has it counted.',
    examples: [{ stream: 'processing_statistics' }],
    strict: true,
    properties: { stream: { type: 'string', required: true, description: 'Its name.' } },
  },
  check_memory_mb: {
    type: 'integer',
    minimum: 1,
    default: 256,
    description:
      'What each check that remembers values (unique, exists_in, distinct_count, sum) may take: 25 to 40 bytes per value, 200 per group. A check that has met more ends the run, or says so if it only warns.',
  },
} as const satisfies Settings;

export type TransformConfig = Config<typeof transformSettings>;

/** Those of which one must be there for rules to be applied. */
const ruleSettings = [
  'transformations',
  'stream_maps',
  'transforms',
] as const satisfies readonly (keyof typeof transformSettings)[];

/** True if the config of a tap or target has rules. A target has a flattening of its own. */
export function hasRules(config: Readonly<Record<string, unknown>>, kind: 'tap' | 'target'): boolean {
  return ruleSettings.some((name) => config[name] !== undefined) || (kind === 'tap' && config['flattening_enabled'] === true);
}

/** The part of a tap's or target's config that is about rules. */
export function rulesConfig<C extends object>(config: C, kind: 'tap' | 'target'): C {
  return kind === 'tap' ? config : { ...config, flattening_enabled: false };
}
