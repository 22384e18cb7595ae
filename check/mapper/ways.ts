import type { Config } from '../subject.ts';

/** Names of the variables that hold the keys of the ways below; the checks of mappers set them. */
export const KEYS = {
  CHECK_KEY: 'first-key-of-the-checks-0123456789abcdef',
  CHECK_OTHER_KEY: 'other-key-of-the-checks-0123456789abcdef',
} as const;

const ours = (rules: unknown, more: Config = {}): Config => ({ transforms: { check_people: rules }, ...more });
const maps = (rules: unknown, more: Config = {}): Config => ({ stream_maps: { check_people: rules }, ...more });
const fields = (type: string, streams: readonly string[] = ['check_people']): Config => ({
  transformations: streams.map((stream) => ({ tap_stream_name: stream, field_id: 'secret', type })),
});

/** Tokens in place of `secret`, in both streams, by the key in a variable or by the seed. */
const ourTokens = (env: keyof typeof KEYS): Config => ({
  keys: { check: { env } },
  transforms: { 'check_people, check_towns': { fields: { secret: { pseudonymize: { key: 'check', domain: 'secret' } } } } },
});
const seededTokens = (env: keyof typeof KEYS): Config => {
  const rules = { secret: "md5(config['hash_seed'] + secret)" };
  return { stream_map_config: { hash_seed: KEYS[env] }, stream_maps: { check_people: rules, check_towns: rules } };
};

/**
 * Rules that a check may ask of a mapper, by name: for the streams `check_people` and `check_towns`, which have an integer `id` as
 * their key and a text `secret`. In the words of this package, of the SDK's stream maps, and of transform-field.
 */
export const MAPPER_WAYS = {
  'no-rules': {
    kind: 'mapper',
    what: 'changes nothing',
    known: [{ transforms: {} }, { stream_maps: {} }, { transformations: [] }],
  },
  'drop-field': {
    kind: 'mapper',
    what: 'takes the field secret of check_people away',
    known: [ours({ drop: ['secret'] }), maps({ secret: '__NULL__' })],
  },
  'rename-field': {
    kind: 'mapper',
    what: 'calls the field secret of check_people hidden',
    known: [ours({ rename: { secret: 'hidden' } }), maps({ hidden: 'secret', secret: '__NULL__' })],
  },
  'redact-field': {
    kind: 'mapper',
    what: 'puts a constant in place of the field secret of check_people',
    known: [ours({ fields: { secret: 'redact' } }), maps({ secret: "'redacted'" }), fields('MASK-HIDDEN')],
  },
  'hash-field': {
    kind: 'mapper',
    what: 'puts tokens in place of the field secret of check_people and check_towns, by the key in $CHECK_KEY',
    known: [ourTokens('CHECK_KEY'), seededTokens('CHECK_KEY'), fields('HASH', ['check_people', 'check_towns'])],
  },
  'hash-field-anew': {
    kind: 'mapper',
    what: 'does the same by the key in $CHECK_OTHER_KEY',
    known: [ourTokens('CHECK_OTHER_KEY'), seededTokens('CHECK_OTHER_KEY')],
  },
  'drop-key': {
    kind: 'mapper',
    what: 'takes the key id of check_people away',
    known: [ours({ drop: ['id'] }), maps({ id: '__NULL__' })],
  },
  'hash-key': {
    kind: 'mapper',
    what: 'puts tokens in place of the key id of check_people, by the key in $CHECK_KEY',
    known: [
      ours({ fields: { id: { pseudonymize: { key: 'check' } } } }, { keys: { check: { env: 'CHECK_KEY' } } }),
      maps({ id: "md5(config['hash_seed'] + str(id))" }, { stream_map_config: { hash_seed: KEYS.CHECK_KEY } }),
    ],
  },
  alias: {
    kind: 'mapper',
    what: 'calls the stream check_people check_persons',
    known: [ours({ alias: 'check_persons' }), maps({ __alias__: 'check_persons' })],
  },
  'filter-all': {
    kind: 'mapper',
    what: 'leaves out every record of check_people',
    known: [ours({ where: 'False' }), maps({ __filter__: 'False' })],
  },
  'remove-stream': {
    kind: 'mapper',
    what: 'removes the stream check_people',
    known: [ours('drop'), maps('__NULL__')],
  },
  'lost-field': {
    kind: 'mapper',
    what: 'has a rule for a field check_absent of check_people, which never comes',
    known: [ours({ fields: { check_absent: 'redact' } }), maps({ check_absent: '__NULL__' })],
  },
  'lost-stream': {
    kind: 'mapper',
    what: 'has a rule for a stream check_absent, which never comes',
    known: [{ transforms: { check_absent: { drop: ['secret'] } } }, { stream_maps: { check_absent: { secret: '__NULL__' } } }],
  },
  'failing-rule': {
    kind: 'mapper',
    what: 'hides the field secret of check_people by a rule that fails for texts like "clear-1@@"',
    known: [ours({ fields: { secret: ['email', 'redact'] } }), maps({ secret: 'md5(str(int(secret)))' })],
  },
} as const satisfies Record<string, { readonly kind: 'mapper'; readonly what: string; readonly known: readonly Config[] }>;
