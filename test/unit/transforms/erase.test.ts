import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Json, type JsonObject, stringifyExact } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/mapper/index.ts';
import { type TransformConfig, transformSettings } from '../../../transforms/config/settings.ts';
import { changeLines, readLines } from '../../../transforms/erasure/ledger-file.ts';
import { explain } from '../../../transforms/modes/explain.ts';
import { chunks } from '../../support/memory-destination.ts';
import { keepingLog } from '../../support/memory-tap.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { expectValid } from './valid.ts';

const TEXT = { type: ['string', 'null'] };
const REQUESTS = schemaOf('erasure_requests', { 'customer-id': TEXT, email: TEXT });
const CUSTOMERS = schemaOf(
  'customers',
  {
    id: { type: 'string' },
    first_name: TEXT,
    email: { type: ['string', 'null'], format: 'email' },
    born: { type: ['string', 'null'], format: 'date' },
    city: TEXT,
  },
  ['id'],
);
const ORDERS = schemaOf(
  'orders',
  {
    no: { type: 'integer' },
    customer_id: TEXT,
    to: { type: ['object', 'null'], properties: { street: TEXT, postcode: { type: 'string', pattern: '^[A-Z]' } } },
  },
  ['no'],
);
const ask = (id: string | null, email: string | null): JsonObject => recordOf('erasure_requests', { 'customer-id': id, email });
const customer = (id: string, email: string): JsonObject =>
  recordOf('customers', { id, first_name: 'Ada', email, born: '1984-03-12', city: 'London' });
const order = (no: number, customer_id: string): JsonObject =>
  recordOf('orders', { no, customer_id, to: { street: 'High Street 1', postcode: 'SW1A 2AA' } });

let folder = '';
let ledger = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'erase-'));
  ledger = join(folder, 'erasure.jsonl');
  vi.stubEnv('LEDGER_KEY', '4c1f9a7e2b8d4f60913c5a7e9d2b4f68a1c3e5078b9d2f4137d6e8a05b1c9f24');
});
afterEach(() => vi.unstubAllEnvs());

const rules = (more: JsonObject = {}): JsonObject => ({
  keys: { ledger: { env: 'LEDGER_KEY' } },
  transforms: {
    customers: {
      erase: { ledger, match: { id: 'customer-id', email: 'email' }, fields: ['first_name', 'email', 'born'], ...more },
    },
    orders: { erase: { ledger, match: { customer_id: 'customer-id' }, fields: ['to.*'], ...more } },
  },
});
const lines = (): JsonObject[] => readLines(ledger).map((line) => JSON.parse(line) as JsonObject);
const withoutTimes = (): JsonObject[] => lines().map((line) => ({ ...line, last: null }));
const erasedCustomer = (id: string): JsonObject => ({
  id,
  first_name: expect.stringMatching(/^[A-Z][a-z]{2}$/),
  email: expect.stringMatching(/@erased\.invalid$/),
  born: '1984-01-01',
  city: 'London',
});

describe('requests of this run', () => {
  test.each([
    ['by id', ask('7', null)],
    ['by e-mail address, spelled otherwise', ask(null, ' ADA@example.org ')],
    ['by both', ask('7', 'ada@example.org')],
  ])('%s reach all records of the person and no other', async (_, request) => {
    const input = [
      REQUESTS,
      request,
      CUSTOMERS,
      customer('7', 'ada@example.org'),
      customer('8', 'bob@example.org'),
      ORDERS,
      order(1, '7'),
      order(2, '8'),
    ];
    const result = await transform(rules(), input);
    expectValid(result);
    expect(result.records('customers')).toEqual([erasedCustomer('7'), (input[4] as JsonObject)['record']]);
    const [to, other] = result.records('orders') as JsonObject[];
    expect(to).toEqual({
      no: 1,
      customer_id: '7',
      to: {
        street: expect.stringMatching(/^[A-Z][a-z]{3} [A-Z][a-z]{5} \d$/),
        postcode: expect.stringMatching(/^[A-Z]{2}\d[A-Z] \d[A-Z]{2}$/),
      },
    });
    expect((to!['to'] as JsonObject)['street']).not.toBe('High Street 1');
    expect(other).toEqual(order(2, '8')['record']);
    expect(lines()).toEqual([expect.objectContaining({ erased: { customers: 1, orders: 1 } })]);
    const transformed = result.log.lines.filter(({ message }) => message === 'Transformed').map(({ fields }) => fields);
    expect(transformed).toContainEqual(expect.objectContaining({ stream: 'customers', erased: 1 }));
    expect(transformed).toContainEqual(expect.objectContaining({ stream: 'orders', erased: 1 }));
    expect(JSON.stringify(result.log.lines)).not.toMatch(/ada@/i);
  });

  test('for an unknown person are kept, and told as pending', async () => {
    const { log, records } = await transform(rules(), [REQUESTS, ask('99', null), CUSTOMERS, customer('7', 'a@b.cd')]);
    expect(records('customers')).toEqual([customer('7', 'a@b.cd')['record']]);
    expect(log.lines.find(({ message }) => message === 'Erasure requests')?.fields).toMatchObject({ requests: 1, pending: 1 });
    expect(lines()).toHaveLength(1);
  });

  test('that name nobody are nothing', async () => {
    await transform(rules(), [
      REQUESTS,
      ask(null, ' '),
      ask(null, null),
      CUSTOMERS,
      recordOf('customers', { id: '1', email: null }),
    ]);
    expect(readLines(ledger)).toEqual([]);
  });

  test('that an address which two people share does not make the other’s, if the request names an id', async () => {
    const { records } = await transform(rules(), [
      REQUESTS,
      ask('7', null),
      CUSTOMERS,
      customer('7', 'us@b.cd'),
      customer('8', 'us@b.cd'),
    ]);
    expect(records('customers')).toEqual([erasedCustomer('7'), customer('8', 'us@b.cd')['record']]);
  });

  test.each([
    ['the name that rename gives', { rename: { 'customer-id': 'customer_id' } }, 'customer_id', ask('7', null), REQUESTS],
    [
      'a path',
      {},
      'who.id',
      recordOf('erasure_requests', { who: { id: '7' }, email: null }),
      schemaOf('erasure_requests', { who: { type: 'object', properties: { id: TEXT } }, email: TEXT }),
    ],
  ])('may be called by %s: each rule that shares the ledger finds them', async (_, requests, name, request, schema) => {
    const config = {
      keys: { ledger: { env: 'LEDGER_KEY' } },
      transforms: {
        erasure_requests: requests,
        customers: { erase: { ledger, match: { id: name, email: 'email' }, fields: ['first_name', 'email', 'born'] } },
        orders: { erase: { ledger, match: { customer_id: name }, fields: ['to.*'] } },
      },
    };
    const { records } = await transform(config, [schema, request, CUSTOMERS, customer('7', 'a@b.cd'), ORDERS, order(1, '7')]);
    expect(records('customers')).toEqual([erasedCustomer('7')]);
    expect(lines()).toEqual([expect.objectContaining({ erased: { customers: 1, orders: 1 } })]);
  });

  test('find ids that are pseudonyms; of an address that is one they find the records that bear it, and nothing by way of it', async () => {
    const hidden = (domain: string): JsonObject => ({ pseudonymize: { key: 'ledger', domain } });
    const { customers, orders } = rules()['transforms'] as Record<string, JsonObject>;
    const config = (field: 'id' | 'email'): JsonObject => ({
      ...rules(),
      transforms: {
        erasure_requests: { fields: { [field === 'id' ? 'customer-id' : 'email']: hidden(field) } },
        customers: { ...customers, fields: { [field]: hidden(field) } },
        orders: { ...orders, ...(field === 'id' ? { fields: { customer_id: hidden('id') } } : {}) },
      },
    });
    const input = [CUSTOMERS, customer('7', 'a@b.cd'), ORDERS, order(1, '7')];
    const isClear = (row: Json | undefined): boolean => JSON.stringify(row).includes('High Street 1');
    const byId = await transform(config('id'), [REQUESTS, ask(null, 'a@b.cd'), ...input]);
    expect(byId.records('orders').map(isClear)).toEqual([false]);
    const byAddress = await transform(config('email'), [REQUESTS, ask(null, 'a@b.cd'), ...input]);
    expect(byAddress.records('customers')).not.toMatchObject([{ first_name: 'Ada' }]);
    expect(byAddress.records('orders').map(isClear)).toEqual([true]);
  });

  test('are seen after the fields and checks of their stream, before it is renamed', async () => {
    const config = rules();
    const requests = {
      fields: { 'customer-id': 'trim' },
      checks: [{ any_not_null: ['customer-id', 'email'] }],
      rename: { 'customer-id': 'id' },
    };
    const all = { ...config, transforms: { ...(config['transforms'] as JsonObject), erasure_requests: requests } };
    const result = await transform(all, [REQUESTS, ask(' 7 ', null), ask(null, null), CUSTOMERS, customer('7', 'a@b.cd')]);
    expect(result.records('customers')).toEqual([erasedCustomer('7')]);
    expect(result.records('erasure_requests')).toEqual([{ id: '7', email: null }]);
  });

  test('reach a number as an id', async () => {
    const numbers = schemaOf('customers', { id: { type: 'integer' }, first_name: TEXT }, ['id']);
    const config = { transforms: { customers: { erase: { match: { id: 'customer-id' }, fields: 'first_name' } } } };
    const { records } = await transform(config, [
      REQUESTS,
      ask('7', null),
      numbers,
      recordOf('customers', { id: 7, first_name: 'Ada' }),
    ]);
    expect(records('customers')).not.toEqual([{ id: 7, first_name: 'Ada' }]);
  });
});

describe('the ledger', () => {
  test('knows the person in later runs: a record that is sent again is erased again', async () => {
    await transform(rules(), [REQUESTS, ask(null, 'ada@example.org'), CUSTOMERS, customer('7', 'ada@example.org')]);
    const later = await transform(rules(), [ORDERS, order(1, '7'), CUSTOMERS, customer('7', 'new@example.org')]);
    expect(later.records('customers')).toEqual([erasedCustomer('7')]);
    expect(later.text).not.toContain('High Street 1');
  });

  test('holds no value in clear, and nobody else may read it', async () => {
    await transform(rules(), [
      REQUESTS,
      ask('Customer7', 'ada@example.org'),
      CUSTOMERS,
      customer('Customer7', 'ada@example.org'),
    ]);
    expect(readFileSync(ledger, 'utf8')).not.toMatch(/Customer7|ada@|London|Ada/i);
    expect(statSync(ledger).mode & 0o077).toBe(0);
  });

  test('is the same after a request that was repeated', async () => {
    const input = [REQUESTS, ask('7', null), CUSTOMERS, customer('7', 'a@b.cd')];
    await transform(rules(), input);
    const before = withoutTimes();
    await transform(rules(), [...input.slice(0, 2), ask('7 ', null), ...input.slice(2)]);
    expect(withoutTimes()).toEqual(before);
  });

  test('is on disk before the request, or anything after it, is sent', async () => {
    const seen: string[] = [];
    const input = [REQUESTS, ask('7', null), { type: 'STATE', value: 1 }];
    await transform(rules(), [CUSTOMERS, ...input], {
      onBlock: (block) => void (block.includes('"STATE"') && seen.push(readFileSync(ledger, 'utf8'))),
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('customer-id');
  });

  test('that cannot be written lets nothing out', async () => {
    ledger = join(folder, 'no', 'such', 'folder.jsonl');
    const seen: string[] = [];
    const input = [REQUESTS, ask('7', null), CUSTOMERS, customer('7', 'a@b.cd'), { type: 'STATE', value: 1 }];
    const run = transform(rules(), input, { onBlock: (block) => void seen.push(block.toString()) });
    await expect(run).rejects.toMatchObject({ code: 'ledger-unwritable' });
    expect(seen).toEqual([]);
  });

  test('of another key is refused', async () => {
    await transform(rules(), [REQUESTS, ask('7', null), CUSTOMERS]);
    vi.stubEnv('LEDGER_KEY', 'b7e2d95c0a4f41e886d3c1f09a5b7e2d4c6f8013579bd24e5a8c06f3d1297eb4');
    await expect(transform(rules(), [CUSTOMERS])).rejects.toThrow(/another key/);
  });

  test('that is torn is refused', async () => {
    writeFileSync(ledger, '{"request":"x"\n');
    await expect(transform(rules(), [CUSTOMERS])).rejects.toThrow(/line 1 of the ledger/);
  });

  test('needs a key', async () => {
    await expect(transform({ ...rules(), keys: {} }, [CUSTOMERS])).rejects.toThrow(/erase\.key: the ledger needs a secret key/);
  });

  test('is not written where rules are only explained', async () => {
    const log = keepingLog();
    const run = { name: 'transform-records', version: '0', log, signal: new AbortController().signal };
    const input = [REQUESTS, ask('7', null), CUSTOMERS, customer('7', 'a@b.cd')].map((message) =>
      Buffer.from(`${stringifyExact(message)}\n`),
    );
    const { config } = checkConfig(transformSettings, rules());
    const { text } = await explain(config as TransformConfig, run, { format: 'text', input: chunks(input) });
    expect(text).toContain('transforms.customers.erase');
    expect(readLines(ledger)).toEqual([]);
  });

  test('that two runs write at once keeps what both have', async () => {
    const add = (line: string): Promise<void> => changeLines(ledger, (before) => [...before, line]);
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(`line ${i}`)));
    expect(readLines(ledger).toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`).toSorted());
  });
});

test('requests may come from files', async () => {
  mkdirSync(join(folder, 'raw', 'date=1', 'hour=2'), { recursive: true });
  writeFileSync(
    join(folder, 'raw', 'date=1', 'hour=2', 'requests.json.gz'),
    gzipSync('{"customer-id":"7"}\n{"email":"BOB@b.cd"}\n'),
  );
  writeFileSync(join(folder, 'raw', 'requests.csv'), 'customer-id,email\n9,\n');
  const both = [CUSTOMERS, customer('7', 'a@b.cd'), customer('8', 'bob@b.cd'), customer('9', 'c@b.cd')];
  const nested = await transform(rules({ requests: join(folder, 'raw/**/requests.json.gz') }), both);
  expect(nested.records('customers')).toEqual([erasedCustomer('7'), erasedCustomer('8'), customer('9', 'c@b.cd')['record']]);
  const csv = await transform(rules({ requests: join(folder, 'raw/requests.csv') }), both);
  expect(csv.records('customers')[2]).toEqual(erasedCustomer('9'));
  await expect(transform(rules({ requests: join(folder, 'none.csv') }), [CUSTOMERS])).rejects.toThrow(/no file/);
});

test('names its fields, as far as unlisted is concerned', async () => {
  const { customers } = rules()['transforms'] as { customers: JsonObject };
  const config = { ...rules(), transforms: { customers: { ...customers, fields: { 'id, city': 'keep' }, unlisted: 'fail' } } };
  const { records } = await transform(config, [REQUESTS, CUSTOMERS, customer('7', 'a@b.cd')]);
  expect(records('customers')).toEqual([customer('7', 'a@b.cd')['record']]);
});

test('the quarantine hides what is erased', async () => {
  const config = rules();
  const { customers } = config['transforms'] as { customers: JsonObject };
  const all = { ...config, transforms: { customers: { ...customers, checks: [{ not_null: 'city' }] } } };
  const record = { id: '7', first_name: 'Ada', email: 'ada@example.org', city: null };
  const { text } = await transform(all, [REQUESTS, CUSTOMERS, recordOf('customers', record)]);
  expect(text).toContain('check-not_null');
  expect(text).not.toMatch(/Ada|ada@/);
});

test.each<[JsonObject, RegExp]>([
  [{ match: { idd: 'customer-id' } }, /no field idd; did you mean id/],
  [{ match: {} }, /must say how records name people/],
  [{ fields: ['id'] }, /id is a key property/],
  [{ fields: ['nmae'] }, /no field nmae/],
])('%j is refused', async (more, message) => {
  await expect(transform(rules(more), [CUSTOMERS])).rejects.toThrow(message);
});

test('requests without a field that names people are refused', async () => {
  await expect(transform(rules(), [schemaOf('erasure_requests', { email: TEXT })])).rejects.toThrow(/no field customer-id/);
});
