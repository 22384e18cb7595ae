import { createHash } from 'node:crypto';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';

process.env['TEST_UNLISTED_KEY'] = createHash('sha256').update('a third key for tests').digest('hex');
const keys = { pii: { env: 'TEST_UNLISTED_KEY' } };

const ADDRESS = { type: ['object', 'null'], properties: { zip: { type: 'string' }, street: { type: 'string' } } };
const PROPERTIES = {
  id: { type: 'integer' },
  email: { type: ['string', 'null'] },
  name: { type: 'string', maxLength: 3 },
  address: ADDRESS,
  orders: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' }, gift_for: { type: 'string' } } } },
};
const RECORD = {
  id: 1,
  email: 'ada@example.org',
  name: 'Ada',
  address: { zip: 'W1', street: 'St James' },
  orders: [{ sku: 'A', gift_for: 'Bob' }],
};

function run(
  rules: JsonObject,
  records: readonly JsonObject[] = [RECORD],
  properties: JsonObject = PROPERTIES,
): Promise<Transformed> {
  return transform({ keys, transforms: { s: rules } }, [
    schemaOf('s', properties, ['id'], { required: ['id', 'name'] }),
    ...records.map((record) => recordOf('s', record)),
  ]);
}

describe('unlisted', () => {
  const fields = { id: 'keep', email: 'pseudonymize', 'address.zip, orders[].sku': 'keep' };

  test('drop takes away what no rule names, in parts of objects and lists too, and what the schema does not name', async () => {
    const record = { ...RECORD, new: 'secret', address: { ...RECORD.address, gps: 'secret' } };
    const result = await run({ fields, unlisted: 'drop' }, [record, { id: 2, address: null }]);
    expect(result.records()).toEqual([
      { id: 1, email: expect.stringMatching(/^[\da-f]{32}$/) as string, address: { zip: 'W1' }, orders: [{ sku: 'A' }] },
      { id: 2, address: null },
    ]);
    const { properties, required } = result.schema('s')!['schema'] as JsonObject;
    expect(Object.keys(properties as JsonObject)).toEqual(['id', 'email', 'address', 'orders']);
    expect(properties).toMatchObject({ address: { properties: { zip: {} } }, orders: { items: { properties: { sku: {} } } } });
    expect(JSON.stringify(properties)).not.toMatch(/street|gift_for/);
    expect(required).toEqual(['id']);
  });

  test('redact and pseudonymize hide it, and the schema says so', async () => {
    const record = { ...RECORD, new: { deep: 'secret' } };
    const redacted = await run({ fields, unlisted: 'redact' }, [record]);
    expect(redacted.records()).toMatchObject([
      { name: 'REDACTED', address: { zip: 'W1', street: 'REDACTED' }, orders: [{ gift_for: 'REDACTED' }], new: 'REDACTED' },
    ]);
    const { properties } = redacted.schema('s')!['schema'] as JsonObject;
    expect((properties as JsonObject)['name']).toEqual({ type: ['string'], 'x-anonymized': 'redact' });
    const tokens = await run({ fields, unlisted: { pseudonymize: { key: 'pii' } } }, [record]);
    const token = expect.stringMatching(/^[\da-f]{32}$/) as string;
    expect(tokens.records()).toMatchObject([{ name: token, address: { zip: 'W1', street: token }, new: token }]);
    expect(tokens.text).not.toMatch(/secret|Ada|Bob|St James/);
  });

  test('fail ends the run before the first record, with all names at once', async () => {
    await expect(run({ fields, unlisted: 'fail' })).rejects.toThrow(/name, address\.street, orders\[\]\.gift_for/);
  });

  test('fail ends the run at a record with a field that its schema does not have, wherever it stands', async () => {
    const all = { ...fields, name: 'redact', 'address.street, orders[].gift_for': 'redact' };
    const rules = { fields: all, unlisted: 'fail' };
    await expect(run(rules)).resolves.toBeDefined();
    for (const record of [
      { ...RECORD, 'bob@example.org': 1 },
      { ...RECORD, address: { zip: 'W1', 'bob@example.org': 'x' } },
      { ...RECORD, orders: [{ sku: 'A' }, { sku: 'A', 'bob@example.org': 'x' }] },
    ]) {
      const error = await run(rules, [record]).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(String(error)).toMatch(/neither its SCHEMA nor a rule names/);
      expect(JSON.stringify(error) + String(error)).not.toContain('bob@');
    }
  });

  test('a value of another kind than the schema says is not let pass', async () => {
    const result = await run(
      { fields: { 'id, name, email': 'keep', 'address.zip': 'keep', orders: 'keep' }, unlisted: 'redact' },
      [
        { ...RECORD, address: 'St James 10' },
        { ...RECORD, address: ['St James 10'] },
      ],
    );
    expect(result.text).not.toContain('St James 10');
  });

  test('pass lets all pass, and is what holds unless something is said', async () => {
    for (const rules of [{ unlisted: 'pass' }, {}]) {
      expect((await run(rules, [{ ...RECORD, new: 1 }])).records()).toEqual([{ ...RECORD, new: 1 }]);
    }
  });

  test('a key cannot be dropped or redacted for want of being named', async () => {
    await expect(run({ fields: { email: 'keep' }, unlisted: 'drop' })).rejects.toThrow(/would drop the key id/);
    await expect(run({ fields: { email: 'keep' }, unlisted: 'redact' })).rejects.toThrow(/redact: cannot be done to a key/);
  });

  test('only what hides may stand there', async () => {
    await expect(run({ fields, unlisted: { trim: {} } })).rejects.toThrow(/that hides the value/);
    await expect(run({ fields, unlisted: 'dorp' })).rejects.toThrow(/did you mean "drop"/);
  });
});

describe('what lists a field', () => {
  const fail = (rules: JsonObject): Promise<Transformed> =>
    run({ ...rules, unlisted: 'fail' }, [{ id: 1 }], {
      id: { type: 'integer' },
      email: { type: 'string' },
      home_email: { type: 'string' },
    });

  test('its name, with whatever steps; not a pattern that only cleans', async () => {
    await expect(fail({ fields: { 'id, email, home_email': 'keep' } })).resolves.toBeDefined();
    await expect(fail({ fields: { id: 'keep', email: 'trim', home_email: 'lower' } })).resolves.toBeDefined();
    await expect(fail({ fields: { '*': 'trim' } })).rejects.toThrow(/these fields: id, email, home_email/);
    await expect(fail({ fields: { id: 'keep', '*email': 'redact' } })).resolves.toBeDefined();
    await expect(fail({ fields: { '*': 'keep' } })).resolves.toBeDefined();
  });

  test('the rule keep, by name', async () => {
    await expect(fail({ keep: ['id'] })).resolves.toBeDefined();
    await expect(fail({ keep: ['id', '*email'] })).rejects.toThrow(/email, home_email/);
  });

  test('it stays listed under a new name, and a new name alone lists nothing', async () => {
    await expect(fail({ fields: { id: 'keep', 'email, home_email': 'keep' }, rename: { email: 'mail' } })).resolves.toBeDefined();
    await expect(fail({ fields: { id: 'keep', home_email: 'keep' }, rename: { email: 'mail' } })).rejects.toThrow(
      /this field: mail/,
    );
  });

  test('what a rule makes is listed', async () => {
    const fields = {
      id: 'keep',
      email: { pseudonymize: { domain: 'email', key: 'a', also: { email_v2: 'b' } } },
      home_email: { datetime: { formats: ['iso'], keep_original: 'raw' } },
    };
    const both = { a: { ephemeral: true }, b: { ephemeral: true } };
    const rules = { personal: true, fields, set: { half: 'id / 2' } };
    const properties = { id: { type: 'integer' }, email: { type: 'string' }, home_email: { type: 'string' } };
    const input = [schemaOf('s', properties, ['id']), recordOf('s', { id: 1, email: 'a', home_email: '2020-01-01T00:00:00Z' })];
    const [record] = (await transform({ keys: both, transforms: { s: rules } }, input)).records();
    expect(Object.keys(record as JsonObject).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'email',
      'email_v2',
      'half',
      'home_email',
      'id',
      'raw',
    ]);
  });

  test('part of an object that was renamed', async () => {
    const rules = { fields: { address: 'keep', 'id, email, name, orders': 'keep' }, rename: { 'address.zip': 'postcode' } };
    await expect(run({ ...rules, unlisted: 'fail' })).resolves.toBeDefined();
  });
});

describe('personal', () => {
  test('makes fail what holds unless something else is said', async () => {
    await expect(run({ personal: true, fields: { id: 'keep' } })).rejects.toThrow(/no rule names these fields: email, name/);
    const dropped = await run({ personal: true, fields: { id: 'keep' }, unlisted: 'drop' });
    expect(dropped.records()).toEqual([{ id: 1 }]);
    await expect(run({ personal: true, fields: { id: 'keep' }, unlisted: 'pass' })).resolves.toBeDefined();
  });

  test('a new column of the source ends the run before a record of it passes', async () => {
    const rules = { personal: true, fields: { id: 'keep' } };
    const before = schemaOf('s', { id: { type: 'integer' } }, ['id']);
    const after = schemaOf('s', { id: { type: 'integer' }, passport: { type: 'string' } }, ['id']);
    const input = [before, recordOf('s', { id: 1 }), after, recordOf('s', { id: 2, passport: 'X1' })];
    await expect(transform({ transforms: { s: rules } }, input)).rejects.toThrow(/no rule names this field: passport/);
  });
});
