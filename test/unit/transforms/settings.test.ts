import { expect, test } from 'vitest';
import { secretsOf } from '../../../singer/shell/mask.ts';
import { hasRules, rulesConfig, transformSettings } from '../../../transforms/config/settings.ts';

test.each([
  [{}, 'tap', false],
  [{ transforms: {} }, 'tap', true],
  [{ stream_maps: {} }, 'target', true],
  [{ flattening_enabled: true }, 'tap', true],
  [{ flattening_enabled: false }, 'tap', false],
  [{ flattening_enabled: true }, 'target', false],
] as const)('%j in a %s: has rules %s', (config, kind, expected) => {
  expect(hasRules(config, kind)).toBe(expected);
});

test('a target flattens by itself, as its stream_options say', () => {
  const config = { stream_maps: {}, flattening_enabled: true, flattening_max_depth: 1 };
  expect(rulesConfig(config, 'target')).toEqual({ ...config, flattening_enabled: false });
  expect(rulesConfig(config, 'tap')).toBe(config);
});

test.each([
  ['transforms', { people: { fields: { auth_token: 'trim', password: ['lower'] }, rename: { api_key: 'apikey' } } }],
  ['stream_maps', { people: { auth_token: 'name.lower()', password: '__NULL__' }, tokens: { __alias__: 'passes' } }],
  [
    'transformations',
    [{ tap_stream_name: 'people', field_id: 'name', type: 'HASH', when: [{ column: 'name', equals: { auth_token: 'name' } }] }],
  ],
])(
  '%s: fields whose names sound like secrets do not make the words of the rules secret, so that logs stay readable',
  (name, given) => {
    for (const value of [given, JSON.stringify(given)]) expect([...secretsOf(transformSettings, { [name]: value })]).toEqual([]);
  },
);

test.each(['transforms', 'stream_maps', 'transformations'])('%s: a password in a URL is masked there, too', (name) => {
  const given = [{ tap_stream_name: 'postgres://ada:lovelace1815@db/x' }];
  expect([...secretsOf(transformSettings, { [name]: name === 'transformations' ? given : { t: given } })]).toEqual([
    'lovelace1815',
  ]);
});
