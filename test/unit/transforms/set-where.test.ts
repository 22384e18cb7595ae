import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';

const USERS = schemaOf(
  'users',
  {
    id: { type: 'integer' },
    email: { type: ['string', 'null'] },
    n: { type: ['integer', 'null'] },
    flag: { type: ['boolean', 'null'] },
    addr: { type: ['object', 'null'], properties: { zip: { type: ['string', 'null'] } } },
  },
  ['id'],
);

function propertiesOf(message: JsonObject | undefined): Record<string, JsonObject> {
  const schema = message?.['schema'] as { readonly properties: Record<string, JsonObject> };
  return schema.properties;
}

function run(rules: JsonObject, records: readonly JsonObject[]) {
  return transform({ transforms: { users: rules }, vars: { seed: 's' } }, [
    USERS,
    ...records.map((record) => recordOf('users', record)),
  ]);
}

describe('where', () => {
  test('drops and counts', async () => {
    const { log, records } = await run({ where: 'n == 1' }, [{ id: 1, n: 1 }, { id: 2, n: null }, { id: 3 }]);
    expect(records()).toEqual([{ id: 1, n: 1 }]);
    expect(JSON.stringify(log)).toContain('"filtered":2');
  });

  test('ends the run for a record of which nobody can tell, unless told otherwise', async () => {
    await expect(run({ where: 'n > 1' }, [{ id: 1, n: null }])).rejects.toThrow(/where: None and int have no order/);
    const { records } = await run({ where: 'n > 1', on_error: 'quarantine' }, [
      { id: 1, n: null },
      { id: 2, n: 2 },
    ]);
    expect(records('users')).toEqual([{ id: 2, n: 2 }]);
    expect(records('users__quarantine')).toHaveLength(1);
  });
});

describe('conditions on a field', () => {
  test.each<[JsonObject, unknown[]]>([
    [{ field: 'n', equals: 0 }, [0]],
    [{ field: 'email', equals: '' }, [1]],
    [{ field: 'flag', equals: false }, [2]],
    [{ field: 'email', equals: null }, [0, 2]],
    [{ field: 'email', is_null: true }, [0, 2]],
    [{ field: 'email', is_null: false }, [1, 3]],
    [{ field: 'n', in: [0, 7] }, [0, 3]],
    [{ field: 'email', matches: '@x' }, [3]],
    [{ field: 'n', matches: '^7$' }, [3]],
    [{ field: 'n', gt: 0 }, [3]],
    [{ field: 'n', gte: 0, lt: 7 }, [0]],
    [{ field: 'n', lte: 0 }, [0]],
    [{ field: 'addr.zip', equals: 'N1' }, [3]],
    [
      {
        any: [
          { field: 'n', equals: 0 },
          { field: 'email', equals: '' },
        ],
      },
      [0, 1],
    ],
    [{ not: { field: 'email', is_null: true } }, [1, 3]],
    [{ all: ['id > 0', { field: 'flag', equals: false }] }, [2]],
  ])('%j', async (where, expected) => {
    const { records } = await run({ where }, [
      { id: 0, email: null, n: 0 },
      { id: 1, email: '' },
      { id: 2, flag: false },
      { id: 3, email: 'a@x', n: 7, addr: { zip: 'N1' } },
    ]);
    expect(records().map((record) => (record as { id: number }).id)).toEqual(expected);
  });

  test.each<[JsonObject, RegExp]>([
    [{ field: 'emial', equals: 1 }, /where.field: .*did you mean email/],
    [{ field: 'n', equal: 1 }, /where.equal: .*did you mean equals/],
    [{ field: 'n' }, /needs one of equals/],
    [{ field: 'n', equals: 'x' }, /would never hold/],
    [{ field: 'email', gt: 1 }, /would never hold/],
    [{ field: 'email', matches: '(' }, /matches: is wrong/],
    [{ field: 'n', in: 1 }, /must be a list/],
    [{ field: 'n', is_null: 'x' }, /must be true or false/],
    [{ any: { field: 'n' } }, /must be a list of conditions/],
    [{ equals: 1 }, /must be the name of a field/],
  ])('%j is refused', async (where, message) => {
    await expect(run({ where }, [])).rejects.toThrow(message);
  });

  test('of a step: equals 0, an empty text and false are conditions', async () => {
    const steps = (when: JsonObject): JsonObject => ({ fields: { email: { redact: {}, when } } });
    for (const [when, record] of [
      [
        { field: 'n', equals: 0 },
        { id: 1, n: 0, email: 'a' },
      ],
      [
        { field: 'flag', equals: false },
        { id: 1, flag: false, email: 'a' },
      ],
      [
        { field: 'email', equals: '' },
        { id: 1, email: '' },
      ],
    ] as const) {
      expect((await run(steps(when), [record])).records()).toEqual([{ ...record, email: 'REDACTED' }]);
    }
    expect((await run(steps({ field: 'n', equals: 0 }), [{ id: 1, n: 1, email: 'a' }])).records()).toEqual([
      { id: 1, n: 1, email: 'a' },
    ]);
  });

  test('a step whose condition cannot be told does not let the value pass', async () => {
    const rules = { fields: { email: { redact: {}, when: 'n > 0' } } };
    await expect(run(rules, [{ id: 1, n: null, email: 'a' }])).rejects.toThrow(/email/);
  });
});

describe('set', () => {
  test('sees what was set before it, and vars', async () => {
    const { records, schema } = await run({ set: { a: 'n + 1', b: 'a * 2', c: "config['seed']" } }, [{ id: 1, n: 1 }]);
    expect(records()).toEqual([{ id: 1, n: 1, a: 2, b: 4, c: 's' }]);
    const properties = propertiesOf(schema('users'));
    expect(properties).toMatchObject({
      a: { type: ['integer', 'null'] },
      b: { type: ['integer', 'null'] },
      c: { type: ['string'] },
    });
  });

  test('a field that is absent makes no field where it is only renamed', async () => {
    const { records } = await run({ set: { mail: 'email' } }, [{ id: 1 }, { id: 2, email: null }]);
    expect(records()).toEqual([{ id: 1 }, { id: 2, email: null, mail: null }]);
  });

  test('type says what the value is, and is checked', async () => {
    const set = { zip: { expr: "json.loads(email)['z']", type: 'integer' } };
    const { records, schema } = await run({ set }, [
      { id: 1, email: '{"z":1}' },
      { id: 2, email: '{"z":"x"}' },
      { id: 3, email: null },
    ]);
    expect(records('users')).toEqual([
      { id: 1, email: '{"z":1}', zip: 1 },
      { id: 3, email: null, zip: null },
    ]);
    expect(records('users__quarantine')).toHaveLength(1);
    const properties = propertiesOf(schema('users'));
    expect(properties['zip']).toEqual({ type: ['integer', 'null'] });
    await expect(run({ set: { x: { expr: 'n', type: 'boolean' } } }, [])).rejects.toThrow(/never gives/);
    await expect(run({ set: { x: { expr: 'n', type: 'int' } } }, [])).rejects.toThrow(/set.x.type/);
  });

  test('on_error decides for records that fail', async () => {
    const set = (on_error: string): JsonObject => ({ set: { x: { expr: '1 / n', on_error } } });
    const input = [{ id: 1, n: 0 }];
    await expect(run(set('fail'), input)).rejects.toThrow(/set: a division by zero/);
    expect((await run(set('null'), input)).records()).toEqual([{ id: 1, n: 0, x: null }]);
    expect((await run(set('redact'), input)).records()).toEqual([{ id: 1, n: 0, x: 0 }]);
    expect((await run(set('drop_record'), input)).records()).toEqual([]);
    expect((await run(set('quarantine'), input)).records('users__quarantine')).toHaveLength(1);
  });

  test('reads values as they were before fields, and marks what is made of hidden ones', async () => {
    const { records, schema } = await run(
      {
        fields: { email: ['upper', 'redact'], n: 'redact' },
        set: {
          domain: "email_raw.split('@')[-1]",
          open: { expr: 'n_raw > 1', public: true },
          shown: 'email',
          again: 'domain.upper()',
        },
      },
      [
        { id: 1, email: 'a@b.c', n: 2 },
        { id: 2, email: 'd@e.f', n: 0 },
      ],
    );
    expect(records()).toEqual([
      { id: 1, email: 'REDACTED', n: 0, domain: 'b.c', open: true, shown: 'REDACTED', again: 'B.C' },
      { id: 2, email: 'REDACTED', n: 0, domain: 'e.f', open: false, shown: 'REDACTED', again: 'E.F' },
    ]);
    const properties = propertiesOf(schema('users'));
    const personal = Object.entries(properties).filter(([, property]) => property['x-personal'] === true);
    expect(personal.map(([name]) => name)).toEqual(['domain', 'again']);
  });

  test('a key is never null', async () => {
    const { records } = await run({ set: { id: 'n' } }, [{ id: 1, n: 5 }, { id: 2, n: null }, { id: 3 }]);
    expect(records('users')).toEqual([{ id: 5, n: 5 }]);
    expect(records('users__quarantine')).toHaveLength(2);
  });

  test('a field that is hashed is not shown in the quarantine', async () => {
    const { text } = await run({ set: { email: 'md5(email)', x: '1 / n' } }, [{ id: 1, email: 'secret@x', n: 0 }]);
    expect(text).not.toContain('secret@x');
    expect(text).toContain('users__quarantine');
  });

  test('what is wrong is told', async () => {
    const wrong = { b: { expr: 'n', typ: 'x' }, c: {}, d: { exprr: 'n' } };
    await expect(run({ set: wrong }, [])).rejects.toThrow(/set.b[^]*expr and typ[^]*set.c[^]*set.d[^]*did you mean expr/);
    await expect(run({ set: { a: 'emial', e: 'email_row.lower()' } }, [])).rejects.toThrow(/set.a[^]*set.e/);
  });
});
