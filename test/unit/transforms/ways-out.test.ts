import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { expectValid } from './valid.ts';

const TEXT = { type: ['string', 'null'] };
const MARK = 'ada@example.com';
const announced = schemaOf('people', { id: { type: 'integer' }, email: TEXT, note: TEXT }, ['id']);
const ada = recordOf('people', { id: 1, email: MARK, note: null });

describe('what hides a field holds whatever the stream is called', () => {
  const hiding = { fields: { email: 'redact' } };

  test.each<[string, JsonObject]>([
    ['stream_maps', { stream_maps: { people: { __alias__: 'persons' } }, transforms: { persons: hiding } }],
    ['alias', { transforms: { people: { alias: 'persons' }, persons: hiding } }],
    ['alias, and a pattern', { transforms: { people: { alias: 'persons' }, 'pers*': hiding } }],
    [
      'stream_maps, and transformations',
      {
        stream_maps: { people: { __alias__: 'persons' } },
        transformations: [{ tap_stream_name: 'persons', field_id: 'email', type: 'MASK-HIDDEN' }],
      },
    ],
  ])('rules for a name that the stream only gets by %s end the run', async (_, config) => {
    await expect(transform(config, [announced, ada])).rejects.toThrow(/only becomes persons/);
  });

  test('not if the stream has rules of its own that hide', async () => {
    const config = { transforms: { people: { ...hiding, alias: 'persons' }, persons: hiding } };
    expect((await transform(config, [announced, ada])).text).not.toContain(MARK);
  });

  test('a copy that is made before the rules run needs an entry of its own', async () => {
    const config = { stream_maps: { copy: { __source__: 'people' } }, transforms: { people: hiding } };
    await expect(transform(config, [announced, ada])).rejects.toThrow(/copy is a copy of people as it comes/);
    const told = { ...config, transforms: { ...config.transforms, copy: { fields: { email: 'nullify' } } } };
    expect((await transform(told, [announced, ada])).text).not.toContain(MARK);
  });

  test('of two patterns, or a name and a pattern, the one that holds must not undo what the other hides', async () => {
    const cleaning = { fields: { note: 'trim' } };
    await expect(transform({ transforms: { '*': hiding, people: cleaning } }, [announced, ada])).rejects.toThrow(
      /transforms\.people: holds for people, so that transforms\.\*, which hides something, does not/,
    );
    await expect(transform({ transforms: { '*': cleaning, 'peo*': hiding } }, [announced, ada])).rejects.toThrow(
      /transforms\.peo\*/,
    );
    const open = await transform({ transforms: { '*': hiding, people: { ...cleaning, unlisted: 'pass' } } }, [announced, ada]);
    expect(open.records()).toEqual([{ id: 1, email: MARK, note: null }]);
    const empty = await transform({ transforms: { '*': hiding, people: {} } }, [announced, ada]);
    expect(empty.records()).toEqual([{ id: 1, email: MARK, note: null }]);
  });

  test('a stream name that is spelled with escapes after another one', async () => {
    const lines = [
      announced,
      schemaOf('open', { id: { type: 'integer' } }),
      recordOf('open', { id: 1, text: 'é \\u0061' }),
      '{"type":"RECORD","stream":"open","record":{"id":2,"text":"\\u00e9\\n"}}',
      `{"type":"RECORD","stream":"open","record":{"id":1,"email":"${MARK}"},"str\\u0065am":"people"}`,
    ];
    const { records, text } = await transform({ transforms: { people: hiding } }, lines);
    expect(text).not.toContain(MARK);
    expect(records('people')).toEqual([{ id: 1, email: 'REDACTED' }]);
    expect(text).toContain(lines[3]);
  });
});

describe('what a pattern hides', () => {
  test('holds for fields that the schema does not name: they are taken away and counted', async () => {
    const shape = schemaOf('people', {
      id: { type: 'integer' },
      home_email: TEXT,
      address: { type: 'object', properties: { zip: TEXT } },
      list: { type: 'array', items: { type: 'object', properties: { a_email: TEXT } } },
    });
    const config = { transforms: { people: { fields: { '*_email': 'redact', 'address.*, list[].*_email': 'redact' } } } };
    const { log, records } = await transform(config, [
      shape,
      recordOf('people', {
        id: 1,
        home_email: MARK,
        work_email: MARK,
        address: { zip: MARK, street: MARK },
        list: [{ a_email: MARK, b_email: MARK, c: 1 }, { c: 2 }],
      }),
      recordOf('people', { id: 2, other: 'x', address: { zip: null } }),
    ]);
    expect(records()).toEqual([
      {
        id: 1,
        home_email: 'REDACTED',
        address: { zip: 'REDACTED' },
        list: [{ a_email: 'REDACTED', c: 1 }, { c: 2 }],
      },
      { id: 2, other: 'x', address: { zip: null } },
    ]);
    expect(JSON.stringify(log)).not.toContain(MARK);
  });

  test('an optional key hides its field where only the records have it', async () => {
    const config = {
      transforms: {
        people: { fields: { 'phone, card.number, lines[].phone': { optional: true, steps: [{ mask: { keep_last: 2 } }] } } },
      },
    };
    const { records } = await transform(config, [
      announced,
      recordOf('people', { id: 1, phone: MARK, card: { number: MARK, kind: 'x' }, lines: [{ phone: MARK, n: 1 }] }),
      recordOf('people', { id: 2, card: MARK, lines: MARK }),
      recordOf('people', { id: 3, card: null }),
    ]);
    expect(records()).toEqual([{ id: 1, card: { kind: 'x' }, lines: [{ n: 1 }] }, { id: 2 }, { id: 3, card: null }]);
  });

  test('leaves what the same rules keep beside it', async () => {
    const config = {
      transforms: { people: { fields: { '*': { mask: { keep_last: 1 } }, note: 'trim' }, set: { made: '1' }, keys: [] } },
    };
    const out = await transform(config, [announced, recordOf('people', { id: 12, email: 'abc', note: null, more: 1 })]);
    expect(out.records()).toEqual([{ id: '*2', email: '**c', note: null, made: 1 }]);
    expectValid(out);
  });
});

test('a field that takes the value of one which is hidden after it is refused', async () => {
  const config = (fields: JsonObject): JsonObject => ({ transforms: { people: { fields } } });
  const coalesce = { coalesce: ['email'] };
  await expect(transform(config({ note: coalesce, email: 'redact' }), [announced, ada])).rejects.toThrow(
    /note: would have values of email in clear/,
  );
  const after = await transform(config({ email: 'redact', note: coalesce }), [announced, ada]);
  expect(after.records()).toEqual([{ id: 1, email: 'REDACTED', note: 'REDACTED' }]);
  const both = await transform(config({ note: [coalesce, 'redact'], email: 'redact' }), [announced, ada]);
  expect(both.text).not.toContain(MARK);
  const refused: readonly JsonObject[] = [
    { note: ['nullify', coalesce], email: 'redact' },
    { note: ['redact', { nullify: {} }, coalesce, 'trim'], email: 'redact' },
    { note: [coalesce, { redact: {}, when: { field: 'id', in: [2] } }], email: 'redact' },
    { 'lines[].phone': ['nullify', coalesce], email: 'redact' },
    { 'card.*': ['nullify', coalesce], email: 'redact' },
  ];
  const text = { type: ['string', 'null'] };
  const card = { type: 'object', properties: { number: text } };
  const lines = { type: 'array', items: { type: 'object', properties: { phone: text } } };
  const nested = schemaOf('people', { id: { type: 'integer' }, email: text, note: text, card, lines }, ['id']);
  for (const fields of refused) {
    await expect(transform(config(fields), [nested, ada]), JSON.stringify(fields)).rejects.toThrow(
      /would have values of email in clear/,
    );
  }
});

test('a step that logs values is refused where the field is hidden', async () => {
  const fields = { email: [{ fuzzy_map: { to: ['ada@example.org'], report: true } }, 'redact'] };
  await expect(transform({ transforms: { people: { fields } } }, [announced, ada])).rejects.toThrow(/would log values of email/);
});

describe('the schema', () => {
  const inner = { type: 'object', default: { email: MARK }, examples: [{ email: MARK }], enum: [{ email: MARK }] };
  const shape = schemaOf('people', {
    id: { type: 'integer' },
    a: { ...inner, properties: { email: TEXT, b: TEXT } },
    l: {
      type: 'array',
      const: [{ email: MARK }],
      uniqueItems: true,
      minItems: 1,
      items: { ...inner, properties: { email: TEXT, b: TEXT }, required: ['b'] },
    },
  });
  const record = recordOf('people', { id: 1, a: { email: MARK }, l: [{ email: MARK, b: 'x' }] });

  test.each<[string, JsonObject]>([
    ['fields', { fields: { 'a.email, l[].email': 'redact' } }],
    ['drop', { drop: ['a.email', 'l[].email'] }],
    ['keep', { keep: ['id', 'a.b', 'l[].b'] }],
    ['unlisted', { fields: { 'id, a.b, l[].b': 'keep' }, unlisted: 'drop' }],
  ])('of an object in which %s hides something says no constants and examples of what was there', async (_, rules) => {
    const out = await transform({ transforms: { people: rules } }, [shape, record]);
    expect(out.text).not.toContain(MARK);
    expect(out.schema('people')).toMatchObject({ schema: { properties: { l: { minItems: 1, items: { required: ['b'] } } } } });
    expectValid(out);
  });
});

test('a record put aside hides the field whose value has a new name by then, whatever that name was before', async () => {
  const shape = schemaOf('people', { id: { type: 'integer' }, a: TEXT, b: TEXT, list: { type: 'array', items: TEXT } }, ['id']);
  const swapped = {
    rename: { a: 'b', b: 'a' },
    drop: ['b'],
    explode: { path: 'list[]', into: 'items' },
  };
  const out = await transform({ transforms: { people: swapped } }, [
    shape,
    recordOf('people', { id: 1, a: MARK, b: 'x', list: 5 }),
  ]);
  expect(out.records('people__quarantine')).toHaveLength(1);
  expect(out.text).not.toContain(MARK);
});

test('two streams made of one that would have one name are refused', async () => {
  const config = { transforms: { people: { also_to: 'copy', then: { drop: ['note'], also_to: 'copy' } } } };
  await expect(transform(config, [announced, ada])).rejects.toThrow(/make the stream copy twice/);
});

describe('the schema of what comes out is true where', () => {
  const shape = schemaOf(
    'people',
    { id: { type: 'integer' }, free: {}, place: { type: 'string', format: 'uuid' }, a: TEXT, b: TEXT },
    [],
    {
      required: ['a'],
    },
  );
  const record = recordOf('people', { id: 1, free: [1], place: '4a0d9b3c-3a3c-4c66-8a0e-3f0b3d6f1a11', a: 'x' });

  test.each<[string, JsonObject]>([
    [
      'a stream map gives a required property the value of one that may be absent',
      { stream_maps: { people: { a: 'b', b: 'a' } } },
    ],
    [
      'a constant may stand in for a value of any type',
      { transforms: { people: { fields: { free: { null_if: ['x'], on_error: 'redact' } } } } },
    ],
    ['a text gets another format', { transforms: { people: { fields: { place: { url: { default_scheme: 'https' } } } } } }],
    [
      'a constant stands in for what an expression fails to give',
      { transforms: { people: { on_error: 'redact', set: { free: 'int(a)', place: 'place if int(a) else place' } } } },
    ],
  ])('%s', async (_, config) => {
    const out = await transform(config, [shape, record]);
    expect(out.records('people')).toHaveLength(1);
    expectValid(out);
  });

  test('a key is not made a constant where an expression fails', async () => {
    const keyed = schemaOf('people', { id: { type: 'integer' }, a: { type: 'string' } }, ['id'], { required: ['a'] });
    const config = { transforms: { people: { on_error: 'redact', set: { id: 'int(a)' } } } };
    const out = await transform(config, [keyed, recordOf('people', { id: 1, a: 'x' })]);
    expect(out.records('people')).toEqual([]);
    expect(out.records('people__quarantine')).toHaveLength(1);
  });
});
