import { createHash } from 'node:crypto';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../singer/index.ts';
import { DETECTORS } from '../../../../transforms/redaction/index.ts';
import { replaced } from '../../../../transforms/redaction/replaced.ts';
import { recordOf, schemaOf, transform } from '../run.ts';
import { expectValid } from '../valid.ts';

process.env['TEST_REDACT_TEXT_KEY'] = createHash('sha256').update('the key of the tests of free text').digest('hex');
const keys = { pii: { env: 'TEST_REDACT_TEXT_KEY' } };
const TEXT: JsonObject = { type: ['string', 'null'] };
const PERSON: JsonObject = { first: TEXT, last: TEXT, id: { type: ['integer', 'null'] }, more: {}, note: TEXT };

async function notes(rules: JsonObject, ...records: readonly JsonObject[]): Promise<readonly Json[]> {
  const result = await transform({ keys, transforms: { s: rules } }, [
    schemaOf('s', PERSON),
    ...records.map((record) => recordOf('s', record)),
  ]);
  expectValid(result);
  return result.records('s').map((record) => (record as JsonObject)['note']!);
}

function note(steps: Json, ...records: readonly JsonObject[]): Promise<readonly Json[]> {
  return notes({ fields: { note: steps } }, ...records);
}

describe('values of other fields', () => {
  const finds = { redact_text: { detect: [], values_of: ['first', 'last', 'id', 'more'] } };

  test.each<[JsonObject, string, string]>([
    [{ first: 'Ada', last: 'King Lovelace' }, 'ADA saw Ms lovelace, Ada’s aunt.', '<FIRST> saw Ms <LAST>, <FIRST>’s aunt.'],
    [{ first: 'Zoë' }, 'Zoe, ZOË and Zoe\u0308', '<FIRST>, <FIRST> and <FIRST>'],
    [{ first: 'Zoe' }, 'zoë', '<FIRST>'],
    [{ last: 'Weiß' }, 'Herr WEISS', 'Herr <LAST>'],
    [{ last: 'O’Neil' }, 'by o’neil', 'by <LAST>'],
    [{ last: 'Smith-Jones' }, 'Mrs Jones (Smith-Jones)', 'Mrs <LAST> (<LAST>)'],
    [{ last: 'van  der\nBerg' }, 'van der   Berg', '<LAST>'],
    [{ first: 'Ａｄａ' }, 'Ada', '<FIRST>'],
    [{ first: 'A\u00ADda' }, 'Ad\u200Ba', '<FIRST>'],
    [{ first: '小明' }, '我见过小明了', '我见过<FIRST>了'],
    [{ first: '😀da' }, 'x 😀da y', 'x <FIRST> y'],
    [{ id: 4711 }, 'customer 4711, not 47110', 'customer <ID>, not 47110'],
    [{ more: { a: ['Ada'], b: 12.5 } }, 'Ada paid 12.5', '<MORE> paid <MORE>'],
    // No words of their own.
    [{ first: 'Ada' }, 'Adam, Canada, Ada2', 'Adam, Canada, Ada2'],
    [{ first: 'A', last: 'Li Wu' }, 'A li or a wu', 'A li or a wu'],
    [{ first: 'Li' }, 'Li and Lin', '<FIRST> and Lin'],
    [{ first: null, last: '', more: [] }, 'Ada', 'Ada'],
    [{ first: '-', last: '...' }, 'a - b ...', 'a - b ...'],
  ])('%j in %j', async (person, text, result) => {
    expect(await note(finds, { ...person, note: text })).toEqual([result]);
  });

  test('are those of the record before any step, wherever the steps stand', async () => {
    const records = [
      { first: 'Ada', last: 'King', note: 'Ada King' },
      { first: 'Bob', note: 'Bob, not Ada King' },
    ];
    const hide = { 'first, last': 'redact' };
    const expected = ['<FIRST> <LAST>', '<FIRST>, not Ada King'];
    expect(await notes({ fields: { ...hide, note: finds } }, ...records)).toEqual(expected);
    expect(await notes({ fields: { note: finds, ...hide } }, ...records)).toEqual(expected);
  });

  test('that an earlier rule has hidden cannot be found, and that is refused', async () => {
    const rules = { fields: { first: 'redact' }, then: [{ fields: { note: finds } }] };
    await expect(notes(rules, { note: 'Ada' })).rejects.toThrow(/cannot look for values of first/);
  });

  test('that are too long to look for are not passed over', async () => {
    for (const first of ['x'.repeat(2000), Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ')]) {
      await expect(note(finds, { first, note: 'word1' })).rejects.toThrow(/too much in it/);
      expect(await note({ ...finds, on_error: 'redact' }, { first, note: 'word1' })).toEqual(['REDACTED']);
    }
  });

  test('reach into lists', async () => {
    const schema = { first: TEXT, notes: { type: 'array', items: { type: 'object', properties: { text: TEXT } } } };
    const config = { transforms: { s: { fields: { 'notes[].text': { redact_text: { values_of: ['first'] } } } } } };
    const result = await transform(config, [
      schemaOf('s', schema),
      recordOf('s', { first: 'Ada', notes: [{ text: 'Ada a@x.org' }, { text: null }, {}, { text: 'ada' }] }),
    ]);
    expect(result.records()).toEqual([
      { first: 'Ada', notes: [{ text: '<FIRST> <EMAIL>' }, { text: null }, {}, { text: '<FIRST>' }] },
    ]);
  });
});

describe('what stands in place', () => {
  test('is one label where findings overlap: that of the longest', async () => {
    const step = { redact_text: { values_of: ['first'], regions: ['US'] } };
    expect(await note(step, { first: 'ada', note: 'ada@example.org +1 212 736 5000 4111-1111-1111-1111' })).toEqual([
      '<EMAIL> <PHONE> <CARD>',
    ]);
  });

  test('has the token that pseudonymize gives the same address in one domain', async () => {
    const domain = 'person';
    const config = {
      keys,
      transforms: {
        s: {
          fields: {
            note: { redact_text: { key: 'pii', domain, regions: ['GB'] } },
            first: { pseudonymize: { domain, normalize: ['trim', 'lower'] } },
            last: [{ phone: 'GB' }, { pseudonymize: { domain } }],
          },
        },
      },
    };
    const result = await transform(config, [
      schemaOf('s', PERSON),
      recordOf('s', { first: 'Ada@Example.org', last: '01632 960 972', note: 'ADA@example.ORG, +44 1632 960972' }),
    ]);
    const [record] = result.records() as readonly Readonly<Record<string, string>>[];
    expect(record!['note']).toBe(`<EMAIL:${record!['first']}>, <PHONE:${record!['last']}>`);
    expect(result.schema('s')!['schema']).toMatchObject({
      properties: { note: { 'x-anonymized': 'redact_text', 'x-anonymized-key': 'pii' } },
    });
  });

  test('fits the schema, whatever that asked of the text', async () => {
    const result = await transform({ transforms: { s: { fields: { note: 'redact_text' } } } }, [
      schemaOf('s', { note: { type: 'string', maxLength: 5, pattern: '@', format: 'email', enum: ['a@x.y'] } }),
      recordOf('s', { note: 'a@x.yz' }),
    ]);
    expectValid(result);
    expect(result.records()).toEqual([{ note: '<EMAIL>' }]);
  });
});

describe('what it cannot look into does not pass', () => {
  test.each([5, true, { a: 'a@x.org' }, ['a@x.org']])('%j', async (value) => {
    const run = (step: Json): Promise<unknown> =>
      transform({ transforms: { s: { fields: { more: step } } } }, [schemaOf('s', PERSON), recordOf('s', { more: value })]);
    await expect(run('redact_text')).rejects.toThrow(/redact_text: only texts/);
    await expect(run({ redact_text: {}, on_error: 'null' })).resolves.toMatchObject({
      text: expect.stringContaining('"more":null'),
    });
  });

  test('null stays null, absent stays absent, and what has nothing in it stays as it came', async () => {
    expect(await note('redact_text', { note: null }, {}, { note: '' }, { note: 'a\u00A0b ﬁ' })).toEqual([
      null,
      undefined,
      '',
      'a\u00A0b ﬁ',
    ]);
  });

  test('a record put aside does not show the text', async () => {
    const config = { transforms: { s: { fields: { note: 'redact_text', more: { required: {} } } } } };
    const result = await transform(config, [schemaOf('s', PERSON), recordOf('s', { note: 'Ada’s secret' })]);
    expect(result.text).toContain('s__quarantine');
    expect(result.text).not.toContain('secret');
  });
});

test.each<[Json, RegExp]>([
  [{ redact_text: { detect: ['emial'] } }, /email/],
  [{ redact_text: { detect: [] } }, /must name something/],
  [{ redact_text: { values_of: ['frist'] } }, /did you mean first/],
  [{ redact_text: { regions: ['Europe'] } }, /Europe is no country/],
  [{ redact_text: { key: 'pi' } }, /did you mean pii/],
  [{ redact_text: { domain: 'x' } }, /without a key/],
])('%j is refused', async (step, message) => {
  await expect(note(step)).rejects.toThrow(message);
});

test('a key is refused', async () => {
  const lines = [schemaOf('s', { note: { type: 'string' } }, ['note'])];
  await expect(transform({ transforms: { s: { fields: { note: 'redact_text' } } } }, lines)).rejects.toThrow(
    /different rows would become one/,
  );
});

describe('a text made to take long comes back', () => {
  const detectors = Object.values(DETECTORS).map((make) =>
    make({ regions: ['US', 'DE'], problem: (region) => expect.unreachable(region) }),
  );
  const wanted = [{ label: 'X', needles: ['a'.repeat(1000), '1', 'ab'] }];
  // Characters, and the text of so many that something quadratic would take minutes.
  const pieces = [
    '1',
    '1 ',
    '12 ',
    '4111 ',
    '+1',
    '(',
    '(1)',
    '@',
    'a@',
    'a.',
    '-',
    '"',
    '"@',
    '\\"',
    'DE89 ',
    'GB29NWBK',
    '219-09-',
    'abcdef',
    ':',
    'a:',
    '1::2:',
    '1.',
    '1.1.1.1 ',
    'ﬁ\u200B',
    '王',
    'ssn ',
    '\n',
    '1\n',
  ];

  test.each(pieces)('%j over and over', { timeout: 60_000 }, (piece) => {
    const long = piece.repeat(20_000);
    const quick = detectors.filter(({ label }) => label !== 'PHONE');
    for (const text of [long, `a@${long}`, `${long}@x.org`]) replaced(text, { detectors: quick, wanted }, (label) => label);
    // A number takes libphonenumber some 20 µs.
    replaced(long.slice(0, 5000), { detectors, wanted: [] }, (label) => label);
  });
});
