import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ExactNumber, isJsonObject, type JsonObject, parseExact, stripExact } from '../../../singer/index.ts';
import { createValidator } from '../../../singer/target/validate.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';

const CUSTOMERS = schemaOf(
  'customers',
  {
    customer_id: { type: ['string'] },
    email: { type: ['string', 'null'] },
    owner_email: { type: ['string', 'null'] },
    full_name: { type: ['string', 'null'] },
    age: { type: ['integer', 'null'] },
    joined: { type: ['string', 'null'], format: 'date-time' },
  },
  ['customer_id'],
  {},
);
const ADDRESSES = schemaOf('addresses', { id: { type: 'integer' }, zip: { type: 'string' } }, ['id']);
const ADA = {
  customer_id: 'C1',
  email: 'ada@example.com',
  owner_email: 'Own@Example.org',
  full_name: 'Ada L',
  age: 36,
  joined: '2020-01-02T03:04:05Z',
};
const BOB = { customer_id: 'C2', email: 'bob@other.com', owner_email: null, full_name: null, age: null, joined: null };
const INPUT = [
  CUSTOMERS,
  ADDRESSES,
  recordOf('customers', ADA),
  recordOf('addresses', { id: 1, zip: 'N1' }),
  recordOf('customers', BOB),
];

async function map(stream_maps: JsonObject, more: JsonObject = {}, input: readonly (JsonObject | string)[] = INPUT) {
  const result = await transform({ stream_maps, ...more }, input);
  expectValid(result);
  return result;
}

/** Every record that comes out is valid by the SCHEMA that came out before it. */
function expectValid({ messages }: Transformed): void {
  const compile = createValidator();
  const validators = new Map<string, ReturnType<typeof compile>>();
  for (const message of messages) {
    const { schema, stream } = message;
    if (isJsonObject(schema)) validators.set(stream!, compile(schema, stream));
    if (message.type !== 'RECORD') continue;
    expect(validators.get(stream!)!(stripExact(message['record']!)), JSON.stringify(message)).toBeUndefined();
  }
}

function propertiesOf(result: Transformed, stream: string): JsonObject {
  return (result.schema(stream)!['schema'] as JsonObject)['properties'] as JsonObject;
}

describe('the examples of the SDK', () => {
  test('a hash, a part of another field, and a field that goes', async () => {
    const result = await map(
      {
        customers: {
          email: null,
          email_domain: "owner_email.split('@')[-1]",
          email_hash: "md5(config['hash_seed'] + owner_email)",
        },
      },
      { stream_map_config: { hash_seed: '01AWZh7A6DzGm6iJZZ2T' } },
    );
    expect(result.records('customers')).toEqual([
      {
        customer_id: 'C1',
        owner_email: 'Own@Example.org',
        full_name: 'Ada L',
        age: 36,
        joined: '2020-01-02T03:04:05Z',
        email_domain: 'Example.org',
        email_hash: createHash('md5').update('01AWZh7A6DzGm6iJZZ2TOwn@Example.org').digest('hex'),
      },
      { customer_id: 'C2', owner_email: null, full_name: null, age: null, joined: null, email_domain: null, email_hash: null },
    ]);
    expect(Object.keys(propertiesOf(result, 'customers'))).not.toContain('email');
  });

  test('three ways to name a property', async () => {
    const result = await map({
      customers: {
        a: 'customer_id.lower()',
        b: "record['customer_id'].lower()",
        c: "_['customer_id'].lower()",
        customer_id: 'self.lower()',
      },
    });
    expect(result.records('customers')[0]).toMatchObject({ a: 'c1', b: 'c1', c: 'c1', customer_id: 'c1' });
  });

  test.each([null, '__NULL__'])('a stream that is %s goes', async (nothing) => {
    const result = await map({ addresses: nothing });
    expect(result.messages.some(({ stream }) => stream === 'addresses')).toBe(false);
    expect(result.records('customers')).toHaveLength(2);
  });

  test.each([null, '__NULL__'])('a property that is %s goes', async (nothing) => {
    const result = await map({ customers: { email: nothing } });
    expect(result.records('customers').every((record) => !('email' in (record as JsonObject)))).toBe(true);
  });

  test.each([null, '__NULL__'])('streams that are not named go with __else__: %s', async (nothing) => {
    const result = await map({ customers: {}, __else__: nothing });
    expect(result.records()).toEqual([ADA, BOB]);
    expect(result.messages.some(({ stream }) => stream === 'addresses')).toBe(false);
  });

  test('properties that are not named go with __else__, keys stay', async () => {
    const result = await map({ customers: { customer_id: 'customer_id', __else__: null } });
    expect(result.records('customers')).toEqual([{ customer_id: 'C1' }, { customer_id: 'C2' }]);
    const other = await map({ customers: { age: 'age', __else__: '__NULL__' } });
    expect(other.records('customers')).toEqual([
      { customer_id: 'C1', age: 36 },
      { customer_id: 'C2', age: null },
    ]);
    expect(Object.keys(propertiesOf(other, 'customers'))).toEqual(['customer_id', 'age']);
  });

  test('other keys', async () => {
    const result = await map({
      customers: {
        customer_id: null,
        customer_id_hashed: 'md5(customer_id)',
        __key_properties__: ['customer_id_hashed'],
      },
    });
    expect(result.schema('customers')!['key_properties']).toEqual(['customer_id_hashed']);
    expect(propertiesOf(result, 'customers')['customer_id_hashed']).toEqual({ type: ['string'] });
    expect(result.records('customers')[0]).not.toHaveProperty('customer_id');
  });

  test.each([null, '__NULL__', []])('no keys: %j', async (none) => {
    const result = await map({ customers: { customer_id: null, __key_properties__: none } });
    expect(result.schema('customers')!['key_properties']).toEqual([]);
  });

  test('another name', async () => {
    const result = await map({ customers: { __alias__: 'customers_v2' } });
    expect(result.records('customers_v2')).toEqual([ADA, BOB]);
    expect(result.schema('customers')).toBeUndefined();
    const computed = await map({ '*': { __alias__: "__stream_name__.upper() + '_v2'" } });
    expect(computed.records('CUSTOMERS_v2')).toEqual([ADA, BOB]);
    expect(computed.records('ADDRESSES_v2')).toHaveLength(1);
  });

  test('a copy beside the stream', async () => {
    const result = await map({
      customers: { email: null, full_name: null },
      customers_pii: {
        __source__: 'customers',
        customer_id: 'customer_id',
        email: 'email',
        full_name: 'full_name',
        __else__: null,
      },
    });
    expect(result.records('customers_pii')).toEqual([
      { customer_id: 'C1', email: 'ada@example.com', full_name: 'Ada L' },
      { customer_id: 'C2', email: 'bob@other.com', full_name: null },
    ]);
    expect(result.schema('customers_pii')!['key_properties']).toEqual(['customer_id']);
    expect(result.records('customers')[0]).not.toHaveProperty('email');
  });

  test('a copy in place of the stream', async () => {
    const result = await map({
      customers: null,
      grown: { __source__: 'customers', __filter__: 'age is not None and age > 30', age: 'int(self) + 1' },
    });
    expect(result.records()).toEqual([
      { ...ADA, age: 37 },
      { id: 1, zip: 'N1' },
    ]);
    expect(result.schema('customers')).toBeUndefined();
  });

  test('a filter', async () => {
    const result = await map({ customers: { __filter__: "email.endswith('@example.com')" } });
    expect(result.records('customers')).toEqual([ADA]);
    expect(JSON.stringify(result.log)).toContain('"filtered":1');
  });

  test('patterns', async () => {
    const result = await map({ 'a*s': { zip: "'x'" }, 'custom?[qr]s': { age: null } });
    expect(result.records('addresses')).toEqual([{ id: 1, zip: 'x' }]);
    expect(result.records('customers')[0]).not.toHaveProperty('age');
  });
});

const golden = parseExact(readFileSync(new URL('expression/stream-maps.json', import.meta.url), 'utf8')) as JsonObject & {
  readonly streams: readonly JsonObject[];
  readonly cases: Readonly<Record<string, { readonly config: JsonObject; readonly streams: JsonObject }>>;
};

describe('as the SDK does it', () => {
  const input = golden.streams.flatMap(({ stream, schema, key_properties, records }) => [
    { type: 'SCHEMA', stream: stream!, schema: schema!, key_properties: key_properties! },
    ...(records as readonly JsonObject[]).map((record) => recordOf(stream as string, record)),
  ]);

  test.each(Object.entries(golden.cases))('%s', async (_, { config, streams }) => {
    const result = await transform(config, input);
    expectValid(result);
    const names = new Set(result.messages.map(({ stream }) => stream!));
    const made = [...names].map((name) => [
      name,
      { key_properties: result.schema(name)!['key_properties'], records: result.records(name) },
    ]);
    expect(Object.fromEntries(made)).toEqual(streams);
  });
});

describe('what differs from the SDK', () => {
  test('types follow from the expressions', async () => {
    const result = await map({
      customers: {
        customer_id: "md5(str(customer_id) + 'x')",
        joined: 'joined[:4]',
        is_com: "'.com' in (email or '')",
        years: "_['age']",
        half: 'age / 2',
      },
    });
    expect(propertiesOf(result, 'customers')).toMatchObject({
      customer_id: { type: ['string'] },
      joined: { type: ['string', 'null'] },
      is_com: { type: ['boolean'] },
      years: { type: ['integer', 'null'] },
      half: { type: ['number', 'null'] },
    });
    expect(propertiesOf(result, 'customers')['joined']).not.toHaveProperty('format');
    expect(result.records('customers')[0]).toMatchObject({
      joined: '2020',
      is_com: true,
      years: 36,
      half: new ExactNumber('18.0'),
    });
  });

  test('an absent or null field gives null instead of ending the run', async () => {
    const result = await map({ customers: { full_name: 'full_name.upper()' } }, {}, [
      CUSTOMERS,
      recordOf('customers', { customer_id: 'C1' }),
      recordOf('customers', { customer_id: 'C2', full_name: null }),
    ]);
    expect(result.records()).toEqual([
      { customer_id: 'C1', full_name: null },
      { customer_id: 'C2', full_name: null },
    ]);
  });

  test('a null key is put aside', async () => {
    const result = await map({ customers: { customer_id: 'owner_email' } });
    expect(result.records('customers')).toHaveLength(1);
    expect(result.records('customers__quarantine')).toHaveLength(1);
  });

  test('a record for which an expression fails is put aside, without the fields that the map hides', async () => {
    const result = await map({ customers: { email: 'sha256(email)', x: 'int(full_name)', age: null } });
    expect(result.records('customers')).toHaveLength(1);
    const [kept] = result.records('customers__quarantine') as JsonObject[];
    expect(kept!['_q_rule']).toBe('expression-failed');
    expect(kept!['record']).not.toContain('ada@example.com');
    expect(kept!['record']).not.toContain('36');
    expect(kept!['record']).toContain('Ada L');
  });

  test('all expressions read the record as it came, whatever the order', async () => {
    const result = await map({ customers: { a: 'b', email: "'x'", full_name: 'email' } }, {}, [
      schemaOf('customers', { b: { type: 'string' }, email: { type: 'string' }, full_name: { type: 'string' } }),
      recordOf('customers', { b: '1', email: 'e', full_name: 'f' }),
    ]);
    expect(result.records()).toEqual([{ b: '1', email: 'x', full_name: 'e', a: '1' }]);
  });

  test('a property may change its name and type, in either order of the two', async () => {
    for (const entries of [
      { age: null, years: 'age' },
      { years: 'age', age: null },
    ]) {
      const result = await map({ customers: entries });
      expect(propertiesOf(result, 'customers')['years']).toEqual({ type: ['integer', 'null'] });
      expect(result.records('customers')[0]).toMatchObject({ years: 36 });
    }
  });

  test('time_extracted, version, bookmark_properties and what nobody knows stay', async () => {
    const schema = { ...CUSTOMERS, bookmark_properties: ['joined', 'age'], more: 1 };
    const result = await map({ customers: { age: null } }, {}, [
      schema,
      recordOf('customers', ADA, { time_extracted: '2020-01-01T00:00:00Z', version: 7, x: [1] }),
    ]);
    expect(result.schema('customers')).toMatchObject({ bookmark_properties: ['joined'], more: 1 });
    expect(result.messages.at(-1)).toMatchObject({ time_extracted: '2020-01-01T00:00:00Z', version: 7, x: [1] });
  });

  test('values that the map does not touch stay byte for byte', async () => {
    const record = String.raw`{"customer_id":"\u00e9\/","age":1.0,"n":12345678901234567890,"email":"x"}`;
    const { text } = await map({ customers: { email: null, customer_id: 'customer_id' } }, {}, [
      CUSTOMERS,
      `{"type":"RECORD","stream":"customers","record":${record}}`,
    ]);
    expect(text).toContain(String.raw`{"customer_id":"\u00e9\/","age":1.0,"n":12345678901234567890}`);
  });

  test.each<[JsonObject, RegExp]>([
    [{ customers: { 'owner.email': null } }, /no property owner.email/],
    [{ customers: { emial: null } }, /stream_maps.customers.emial: .*did you mean email/],
    [{ customers: { customer_id: null } }, /__key_properties__ says/],
    [{ customers: { __key_properties__: ['nope'] } }, /no property nope/],
    [{ customers: { x: 'fake.email()' } }, /fake values are not made/],
    [{ customers: { x: 'fake' } }, /fake values are not made/],
    [{ customers: { x: 'emial' } }, /did you mean email/],
    [{ customers: { x: 'email +' } }, /stream_maps.customers.x: .*ends where/],
    [{ customers: { x: 1 } }, /must be an expression, or null/],
    [{ customers: { __filtr__: 'email' } }, /did you mean __filter__/],
    [{ customers: { __else__: 'x' } }, /must be null/],
    [{ __elze__: null }, /did you mean __else__/],
    [{ customers: 'x' }, /must be an object, or null/],
    [{ customers: { email: null }, 'cust*': { x: "'1'" } }, /customers: has no effect/],
    [{ c: { __source__: 'customers', __alias__: 'x' } }, /does not go with __source__/],
    [{ custmers: { email: null } }, /matches no stream so far/],
  ])('%j is refused', async (maps, message) => {
    await expect(map(maps)).rejects.toThrow(message);
  });

  test('a nested name is refused, because what it names would pass', async () => {
    const input = [schemaOf('s', { addr: { type: 'object', properties: { zip: { type: 'string' } } } })];
    for (const value of [null, "'x'"]) {
      await expect(map({ s: { 'addr.zip': value } }, {}, input)).rejects.toThrow(/use transforms for what is nested/);
    }
  });

  test('rules of transforms come after the maps, for copies too', async () => {
    const result = await map(
      { customers: { domain: "email.split('@')[-1]" }, copy: { __source__: 'customers' } },
      { transforms: { customers: { fields: { domain: 'upper' } }, copy: { fields: { email: 'redact' } } } },
    );
    expect(result.records('customers')[0]).toMatchObject({ domain: 'EXAMPLE.COM', email: 'ada@example.com' });
    expect(result.records('copy')[0]).toMatchObject({ email: 'REDACTED' });
  });
});

describe('flattening', () => {
  const NESTED = schemaOf(
    's',
    {
      id: { type: 'integer' },
      a: {
        type: ['object', 'null'],
        properties: {
          x: { type: 'integer' },
          b: { type: 'object', properties: { y: { type: 'string' }, c: { type: 'object', properties: { z: {} } } } },
        },
      },
      list: { type: 'array' },
    },
    ['id'],
  );
  const on = { flattening_enabled: true, flattening_max_depth: 2 };

  test('makes nullable members of nullable objects, and null ones of a null object', async () => {
    const result = await transform(on, [
      NESTED,
      recordOf('s', { id: 1, a: { x: 1, b: { y: 'v', c: { z: 1 } } }, list: [1] }),
      recordOf('s', { id: 2, a: null, list: [] }),
      recordOf('s', { id: 3 }),
    ]);
    expectValid(result);
    expect(result.records()).toEqual([
      { id: 1, list: [1], a__x: 1, a__b__y: 'v', a__b__c: { z: 1 } },
      { id: 2, list: [], a__x: null, a__b__y: null, a__b__c: null },
      { id: 3 },
    ]);
    expect(propertiesOf(result, 's')).toMatchObject({ a__x: { type: ['integer', 'null'] } });
  });

  test('comes after the maps, with the separator', async () => {
    const result = await transform({ ...on, flattening_separator: '.', stream_maps: { s: { list: null } } }, [
      NESTED,
      recordOf('s', { id: 1, a: { x: 1 }, list: [1] }),
    ]);
    expect(result.records()).toEqual([{ id: 1, 'a.x': 1 }]);
  });

  test('a value that is no object, or would take the place of another, is put aside', async () => {
    const result = await transform(on, [
      NESTED,
      recordOf('s', { id: 1, a: 'text' }),
      recordOf('s', { id: 2, a: { new: 1 }, a__new: 2 }),
      recordOf('s', { id: 3, a: { new: 1 } }),
    ]);
    expect(result.records('s')).toEqual([{ id: 3, a__new: 1 }]);
    expect(result.records('s__quarantine')).toHaveLength(2);
  });

  test('needs a depth', async () => {
    await expect(transform({ flattening_enabled: true }, [NESTED])).rejects.toThrow(/flattening_max_depth/);
  });
});
