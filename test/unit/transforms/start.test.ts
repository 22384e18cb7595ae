import { describe, expect, test, vi } from 'vitest';
import { ConfigError, type Json, type JsonObject } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/mapper/index.ts';
import { loadRules } from '../../../transforms/config/index.ts';
import { transformSettings, type TransformConfig } from '../../../transforms/config/settings.ts';
import { keepingLog } from '../../support/memory-tap.ts';
import { recordOf, schemaOf, transform } from './run.ts';

/** What is told before any message has come, by path. */
async function told(config: JsonObject): Promise<Readonly<Record<string, string>>> {
  const checked = checkConfig(transformSettings, config);
  const run = { name: 'transform-records', version: '0', log: keepingLog(), signal: new AbortController().signal };
  try {
    await loadRules(checked.config as TransformConfig, run);
    return {};
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const paths = error.problems.map(({ path }) => path);
    expect(new Set(paths.map((path, i) => `${path}: ${error.problems[i]!.message}`)).size, 'nothing is told twice').toBe(
      paths.length,
    );
    return Object.fromEntries(error.problems.map(({ message, path }) => [path, message]));
  }
}

async function ofRules(rules: JsonObject, more: JsonObject = {}): Promise<Readonly<Record<string, string>>> {
  const problems = await told({ transforms: { s: rules }, ...more });
  return Object.fromEntries(Object.entries(problems).map(([path, message]) => [path.replace(/^transforms\.s\./, ''), message]));
}

const matching = (text: RegExp): unknown => expect.stringMatching(text);

describe('before any SCHEMA has come', () => {
  test('all that is mistyped in the three dialects is told at once, each with its place and the nearest name', async () => {
    expect(
      await told({
        transformations: [
          { tap_stream_name: 'a', field_id: 'x', type: 'HASHH' },
          { tap_stream_name: 'a', field_id: 'x', type: 'HASH', when: [{ column: 'y', regex_match: '(' }, { column: 'y' }] },
        ],
        stream_maps: {
          b: { x: 'uper(y)', __filter__: 'x ==', z: 'y.lowr()' },
          'c-*': { x: "config['sed']" },
          copy: { __source__: 'b', x: 'datetime.datetime.strptme(x)' },
        },
        stream_map_config: { seed: '1' },
        transforms: {
          d: { where: 'x ===', fields: { 'name, city': ['trim', { mask: { keep_lst: 3 } }], y: 'trm' } },
          'e-*': { then: [{ fields: { z: { round: { to: 'x' } } } }] },
        },
      }),
    ).toEqual({
      'transformations[0].type': matching(/must be one of .*did you mean HASH\?/),
      'transformations[1].when[0].regex_match': matching(/Invalid regular expression/),
      'transformations[1].when[1]': matching(/equals or regex_match/),
      'stream_maps.b.x': matching(/there is no function uper/),
      'stream_maps.b.__filter__': matching(/the expression ends/),
      'stream_maps.b.z': matching(/no method lowr; did you mean lower\?/),
      'stream_maps.c-*.x': matching(/config has no sed; did you mean seed\?/),
      'stream_maps.copy.x': matching(/no function datetime.datetime.strptme; did you mean datetime.datetime.strptime\?/),
      'transforms.d.where': matching(/the expression/),
      'transforms.d.fields.name, city[1].mask.keep_lst': matching(/not a parameter of mask; did you mean keep_last\?/),
      'transforms.d.fields.y': matching(/there is no operation trm; did you mean trim\?/),
      'transforms.e-*.then[0].fields.z.round.to': matching(/is not a parameter of round/),
    });
  });

  test.each<[string, Json, string, RegExp]>([
    ['no operation', { trimm: {} }, '', /did you mean trim\?/],
    ['two operations', { trim: {}, lower: {} }, '', /one operation/],
    ['no step at all', [7], '', /must be the name of an operation/],
    ['a word for a parameter', { truncate: 'ten' }, '.truncate.length', /must be/],
    ['a bare value that it does not take', { trim: 3 }, '.trim', /takes no bare value/],
    ['no required parameter', { date_shift: {} }, '.date_shift.subject', /is required/],
    ['an option', { unicode: { form: 'NFX' } }, '.unicode.form', /must be one of/],
    ['a locale', { country: { locales: ['english!'] } }, '.country.locales', /is no language/],
    ['a language of letters', { lower: 'english!' }, '.lower.locale', /english! is no language/],
    ['one that nobody knows', { title: 'xx' }, '.title.locale', /xx is no language/],
    ['months of a locale', { datetime: { formats: ['iso'], locales: ['xx-none'] } }, '.datetime.locales', /is no language/],
    ['a zone', { datetime: { formats: ['iso'], zone: 'Europe/Pariss' } }, '.datetime.zone', /did you mean Europe\/Paris\?/],
    ['a format', { datetime: { formats: ['dd.mmm.yyyy 99'] } }, '.datetime.formats[0]', /mmm is no token/],
    ['a limit', { datetime: { formats: ['iso'], min: 'soon' } }, '.datetime.min', /must be a date/],
    ['a regular expression', { regex_replace: { pattern: '(', to: '' } }, '.regex_replace.pattern', /Invalid regular expression/],
    ['a region', { phone: { region: 'XX' } }, '.phone.region', /is no country/],
    ['a key', { pseudonymize: { key: 'pi' } }, '.pseudonymize.key', /there is no key pi; did you mean pii\?/],
    ['a file', { map: { file: '/no/such/table.json' } }, '.map.file', /cannot be read/],
    ['a condition beside it', { upper: {}, when: 'a b' }, '.when', /the expression/],
    [
      'a condition within it',
      { upper: { when: [{ field: 'x', matchs: 'y' }] } },
      '.upper.when[0].matchs',
      /did you mean matches\?/,
    ],
    ['a policy', { upper: { on_error: 'quarantin' } }, '.upper.on_error', /did you mean "quarantine"\?/],
    ['a check', { check: { betwen: [0, 1] } }, '.check.betwen', /did you mean between\?/],
    ['a regular expression of a check', { check: { regex: '[' } }, '.check.regex.pattern', /Invalid regular expression/],
    ['what stands beside steps', { steps: ['trim'], optinal: true }, '.optinal', /did you mean optional\?/],
  ])('%s of a field is told', async (_, step, at, message) => {
    vi.stubEnv('START_TEST_KEY', 'f2a94c07d1b85e63a0c9471e2d6b8f350e7a1c94b2d8f6053917ac4e8b60d2f1');
    const problems = await ofRules(
      { fields: { 'address.zip': step } },
      { keys: { pii: { env: 'START_TEST_KEY' }, other: { ephemeral: true } } },
    );
    expect(problems).toEqual({ [`fields.address.zip${at}`]: matching(message) });
  });

  test.each<[string, JsonObject, string, RegExp]>([
    ['an expression', { set: { x: 'a +' } }, 'set.x', /the expression/],
    ['a way to make a field', { set: { x: { lokup: {} } } }, 'set.x.lokup', /did you mean lookup\?/],
    [
      'a parameter of it',
      { set: { x: { key_hash: { of: ['a'], occurence: true } } } },
      'set.x.key_hash.occurence',
      /did you mean occurrence\?/,
    ],
    [
      'a table that is not there',
      { set: { x: { lookup: { file: '/no/such.csv', on: 'a', add: 'b' } } } },
      'set.x.lookup.file',
      /cannot be read/,
    ],
    ['a type', { set: { x: { expr: 'a', type: 'int' } } }, 'set.x.type', /must be one of/],
    ['a condition', { where: { any: [{ field: 'a', equal: 1 }] } }, 'where.any[0].equal', /did you mean equals\?/],
    [
      'a regular expression of a condition',
      { where: { field: 'a', matches: '(' } },
      'where.matches',
      /Invalid regular expression/,
    ],
    ['a check', { checks: [{ uniqe: ['a'] }] }, 'checks[0]', /did you mean unique\?/],
    [
      'a parameter of a check',
      { checks: [{ between: { field: 'a', rnge: [0, 1] } }] },
      'checks[0].between.rnge',
      /did you mean range\?/,
    ],
    ['a threshold', { checks: [{ unique: ['a'], threshold: 'few' }] }, 'checks[0].unique.threshold', /must be/],
    [
      'a duration',
      { checks: [{ freshness: { field: 'a', max_age: 'old' } }] },
      'checks[0].freshness.max_age',
      /must be a duration/,
    ],
    ['a file of a schema', { json_schema: '/no/such.json' }, 'json_schema', /cannot be read/],
    ['the schema of what is in a text', { parse_json: { p: { type: 'strng' } } }, 'parse_json.p', /is no JSON schema/],
    ['a schema', { checks: [{ json_schema: { schema: { type: 'strng' } } }] }, 'checks[0].json_schema', /is no JSON schema/],
    ['the pattern of split', { split: { field: 'a', pattern: '(', into: ['b'] } }, 'split.pattern', /Invalid regular expression/],
    [
      'one of several',
      {
        split: [
          { field: 'a', by: ' ', into: ['b'] },
          { field: 'c', into: ['d'] },
        ],
      },
      'split[1].field',
      /needs one of by and pattern/,
    ],
    ['the pattern of rename', { rename: { pattern: '(', to: 'x' } }, 'rename.pattern', /Invalid regular expression/],
    ['a style', { rename: [{ style: 'snake_cas', nested: true }] }, 'rename[0].style', /did you mean snake_case\?/],
    ['what dedupe keeps', { dedupe: { by: 'a', keep: 'lst' } }, 'dedupe.keep', /must be first, last/],
    ['how far dedupe looks', { dedupe: { by: 'a', scope: 'window' } }, 'dedupe.scope', /must be stream/],
    [
      'a function',
      { aggregate: { time: 't', every: '1h', functions: { n: ['men'] } } },
      'aggregate.functions.n',
      /did you mean mean\?/,
    ],
    [
      'how long',
      { aggregate: { time: 't', every: '1 month', functions: { n: 'sum' } } },
      'aggregate.every',
      /must be a duration/,
    ],
    [
      'what becomes of unlisted fields',
      { unlisted: { pseudonymize: { kee: 'pii' } } },
      'unlisted.pseudonymize.kee',
      /did you mean key\?/,
    ],
    ['a template of an alias', { alias: 'raw_{strem}' }, 'alias', /only \{stream\} has a meaning/],
    ['a template of a copy', { also_to: ['{name}_copy'] }, 'also_to', /only \{stream\} has a meaning/],
    ['a template of a child', { explode: [{ path: 'a[]', into: '{x}' }] }, 'explode[0].into', /only \{stream\} has a meaning/],
    [
      'requests',
      { erase: { match: { id: 'id' }, fields: ['a'], requests_stream: 'r', requests: '/no/such.csv' } },
      'erase.requests',
      /there is no file/,
    ],
    [
      'the key of a ledger',
      { erase: { match: { id: 'id' }, fields: ['a'], requests_stream: 'r', ledger: 'l.jsonl' } },
      'erase.key',
      /needs a secret key/,
    ],
  ])('%s is told', async (_, rules, at, message) => {
    expect(await ofRules(rules)).toEqual({ [at]: matching(message) });
  });

  test.each<[string, JsonObject, string, RegExp]>([
    ['zone', { zone: 'Europe/Pariss' }, 'defaults.zone', /did you mean Europe\/Paris\?/],
    ['locale', { locale: 'english!' }, 'defaults.locale', /is no language/],
  ])('the default %s is told, whether or not an operation uses it', async (_, defaults, at, message) => {
    expect(await told({ defaults, transforms: {} })).toEqual({ [at]: matching(message) });
  });

  test('the template of the quarantine is told', async () => {
    expect(await told({ quarantine: { stream: '{strem}_bad' }, transforms: {} })).toEqual({
      'quarantine.stream': matching(/only \{stream\} has a meaning/),
    });
  });

  test('a key that cannot be used is told once, and not again by each step that names it', async () => {
    vi.stubEnv('START_TEST_NONE', undefined);
    const fields = {
      a: { pseudonymize: 'pii' },
      b: { pseudonymize: { key: 'pii.2026', also: { c: 'new' } } },
      d: 'pseudonymize',
    };
    const keys = {
      pii: [
        { id: '2027', env: 'START_TEST_NONE' },
        { id: '2026', ephemeral: true },
      ],
    };
    expect(await ofRules({ fields }, { keys })).toEqual({ 'keys.pii[0]': matching(/is not set/) });
  });
});

test('members that nobody knows are mistakes wherever the settings of rules have some', () => {
  const given = {
    transformations: [{ tap_stream_name: 's', field_id: 'x', type: 'HASH', wehn: [], when: [{ column: 'a', equal: 1 }] }],
    keys: { pii: { emv: 'PII' }, old: [{ id: 'a', fiel: 'x' }] },
    defaults: { locael: 'en' },
    quarantine: { mask_persona: true },
    report: { strem: 'q' },
    stats: { stream: 's', every: 1 },
  };
  expect(checkConfig(transformSettings, given).problems.map(({ path }) => path)).toEqual([
    'transformations[0].when[0].equal',
    'transformations[0].wehn',
    'keys.pii.emv',
    'keys.old[0].fiel',
    'defaults.locael',
    'quarantine.mask_persona',
    'report.strem',
    'stats.every',
  ]);
});

describe('what the fields of a stream decide', () => {
  test('is left to its SCHEMA', async () => {
    const rules: JsonObject = {
      where: "a.startswith('x') and json['k'] == 1 and datetime.strip() == '' and datetime.year == 1",
      fields: {
        'a, b.c[].d, *_at': ['trim', { default: 7 }, { round: 2 }],
        d: { date_shift: { subject: 'nobody', key: 'k' } },
        e: [{ coalesce: ['f', 'g'] }, { when: { field: 'h.i', gt: 3 }, nullify: {} }],
        g: [{ round: { digits: 1 } }, { default: '0' }],
      },
      set: { x: 'a_raw + self + record["y"].z[0]', key: { key_hash: ['m.n', 'o'] }, rows: { row_hash: { except: 'p' } } },
      checks: [{ unique: ['q'] }, { between: { field: 'r.s', range: [0, 1] } }, { sum_equals: { path: 't[].u', total: 'v' } }],
      rename: { style: 'lower_', pattern: 'x' },
      dedupe: 'w',
      aggregate: { time: 't', every: '1h', by: 'a', functions: { n: ['sum', 'min'] } },
    };
    expect(await ofRules(rules, { keys: { k: { ephemeral: true } } })).toEqual({});
    expect(
      await told({ stream_maps: { s: { self: 'self', x: "record['y'] + z", gone: null, __key_properties__: ['k'] } } }),
    ).toEqual({});
  });

  test('is checked with it, before the first record', async () => {
    const input = [
      schemaOf('s', { a: { type: 'object', properties: { b: { type: 'string' } } } }),
      recordOf('s', { a: { b: 'x' } }),
    ];
    const run = transform({ transforms: { s: { fields: { 'a.c': 'trim' } } } }, input);
    await expect(run).rejects.toThrow('transforms.s.fields.a.c: the schema of s has no field a.c; did you mean a.b?');
  });

  const SHOP = schemaOf(
    's',
    {
      id: { type: 'integer' },
      at: { type: 'string', format: 'date-time' },
      city: { type: ['string', 'null'] },
      amount: { type: 'number' },
      address: {
        type: ['object', 'null'],
        properties: { zip: { type: 'string' }, geo: { type: 'object', properties: { lat: { type: 'number' } } } },
      },
      lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' }, total: { type: 'number' } } } },
    },
    ['id'],
  );
  const windows = { time: 'at', every: '1h', functions: { amount: ['sum'] } };

  test.each<[JsonObject, RegExp]>([
    [{ parse_json: { 'address.zpi': {} } }, /parse_json: .*did you mean address\.zip\?/],
    [{ where: "address['zpi'] == 'x'" }, /where: .*no zpi; did you mean zip\?/],
    [{ where: "address['geo']['lta'] == 1" }, /where: .*no lta; did you mean lat\?/],
    [{ where: 'address.zpi is None' }, /where: .*no zpi; did you mean zip\?/],
    [{ where: { field: 'address.zpi', equals: 1 } }, /where\.field: .*did you mean address\.zip\?/],
    [{ fields: { 'address.geo.lta': 'redact' } }, /did you mean address\.geo\.lat\?/],
    [{ fields: { 'lines[].ksu': 'redact' } }, /did you mean lines\[\]\.sku\?/],
    [{ fields: { 'lines.sku': 'redact' } }, /did you mean lines\[\]\.sku\?/],
    [{ fields: { city: { upper: { when: { field: 'address.zpi', is_null: true } } } } }, /did you mean address\.zip\?/],
    [{ fields: { city: { coalesce: ['amout'] } } }, /did you mean amount\?/],
    [{ fields: { at: { date_shift: { subject: 'idd' } } } }, /subject: .*did you mean id\?/],
    [{ fields: { city: { redact_text: { values_of: ['addres'] } } } }, /did you mean address\?/],
    [{ split: { field: 'citi', by: '-', into: ['a'] } }, /did you mean city\?/],
    [{ concat: { fields: ['address.zpi'], into: 'x' } }, /did you mean address\.zip\?/],
    [{ set: { x: { key_hash: ['address.zpi'] } } }, /did you mean address\.zip\?/],
    [{ set: { x: 'lines[0].ksu' } }, /no ksu; did you mean sku\?/],
    [
      { erase: { ledger: 'x', requests_stream: 'r', match: { id: 'id' }, fields: ['address.zpi'] } },
      /did you mean address\.zip\?/,
    ],
    [{ checks: [{ not_null: ['address.zpi'] }] }, /did you mean address\.zip\?/],
    [{ checks: [{ sum_equals: { path: 'lines[].totl', total: 'amount' } }] }, /did you mean lines\[\]\.total\?/],
    [{ rename: { 'address.zpi': 'x' } }, /did you mean address\.zip\?/],
    [{ move: { 'address.zpi': 'x' } }, /did you mean address\.zip\?/],
    [{ drop: ['address.zpi'] }, /did you mean address\.zip\?/],
    [{ keep: ['id', 'address.zpi'] }, /did you mean address\.zip\?/],
    [{ explode: { path: 'line[]', into: 'c' } }, /did you mean lines\[\]\?/],
    [{ explode: { path: 'lines[]', into: 'c', parent_keys: ['idd'] } }, /parent_keys: .*did you mean id\?/],
    [{ pack: { into: 'x', keep: ['idd'] } }, /did you mean id\?/],
    [{ unpivot: { keep: ['idd'] } }, /did you mean id\?/],
    [{ dedupe: { by: ['idd'] } }, /did you mean id\?/],
    [{ aggregate: { ...windows, by: ['citi'] } }, /did you mean city\?/],
    [{ keys: ['idd'] }, /did you mean id\?/],
    [{ flatten: { paths: ['addres'] } }, /did you mean address\?/],
    [{ to_json: ['addres'] }, /did you mean address\?/],
    [{ sample: { rate: 0.5, by: ['idd'] } }, /did you mean id\?/],
  ])('a field that is mistyped, nested ones too, is told with the nearest: %j', async (rules, message) => {
    const run = transform({ keys: { k: { ephemeral: true } }, transforms: { s: rules } }, [SHOP]);
    await expect(run).rejects.toThrow(message);
  });

  test.each<[JsonObject, RegExp]>([
    [{ stream_maps: { s: { x: "record['address']['zpi']" } } }, /no zpi; did you mean zip\?/],
    [{ stream_maps: { s: { __key_properties__: ['idd'] } } }, /did you mean id\?/],
    [
      { transformations: [{ tap_stream_name: 's', field_id: 'address', field_paths: ['geo/lta'], type: 'HASH' }] },
      /field_paths: .*no path geo\/lta below address; did you mean geo\/lat\?/,
    ],
    [
      {
        transformations: [
          { tap_stream_name: 's', field_id: 'city', type: 'HASH', when: [{ column: 'lines', field_path: '*/ksu', equals: 1 }] },
        ],
      },
      /when\[0\]\.field_path: .*did you mean \*\/sku\?/,
    ],
  ])('so it is in the dialects of others: %j', async (config, message) => {
    await expect(transform(config, [SHOP])).rejects.toThrow(message);
  });

  test('a member that the schema may have without naming it is no mistake', async () => {
    const open = { type: 'object', properties: { zip: { type: 'string' } }, additionalProperties: true };
    const run = transform({ transforms: { s: { set: { x: "a['zap']", y: "b.get('zap')" } } } }, [
      schemaOf('s', { a: open, b: { ...open, additionalProperties: false } }),
      recordOf('s', { a: { zap: 1 }, b: {} }),
    ]);
    expect((await run).records()).toEqual([{ a: { zap: 1 }, b: {}, x: 1, y: null }]);
  });

  test('a field with the name of a module is that field', async () => {
    const set = { x: 'datetime.strip()', y: "json.get('k')", z: 'datetime.date.today().year > 2000' };
    const input = [
      schemaOf('s', { datetime: { type: 'string' }, json: { type: 'object', properties: { k: { type: 'integer' } } } }),
      recordOf('s', { datetime: ' a ', json: { k: 1 } }),
    ];
    const { records } = await transform({ transforms: { s: { set: { x: set.x, y: set.y } } } }, input);
    expect(records('s')).toEqual([{ datetime: ' a ', json: { k: 1 }, x: 'a', y: 1 }]);
    expect(await ofRules({ set: { z: set.z } })).toEqual({});
  });
});
