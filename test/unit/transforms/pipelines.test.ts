import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { expectValid } from './valid.ts';

process.env['TEST_PIPELINES_KEY'] = '0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789abcdeffedcba9876543210';

const TEXT = { type: ['string', 'null'] };
const TIME = { type: 'string', format: 'date-time' };
const NUMBER = { type: ['number', 'null'] };
const texts = (...names: readonly string[]): JsonObject => Object.fromEntries(names.map((name) => [name, TEXT]));

function fileOf(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'transforms-')), name);
  writeFileSync(path, text);
  return path;
}

/** Configs as users write them whose pipelines these are: names and shapes of parameters must not change. */
describe('a whole config of', () => {
  test('check-ins: three kinds of dates, misspelt words, a key where there is none', async () => {
    const fields = {
      user: ['trim', 'lower', { null_if: [''] }, { required: { on_error: 'quarantine' } }],
      timestamp: [
        {
          datetime: {
            formats: ['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'],
            locales: ['en', 'ru'],
            zone: 'UTC',
            precision: 'keep',
            min: '2016-01-01',
            on_error: 'quarantine',
          },
        },
      ],
      hours: [{ number: {} }, { check: { between: [0, 24], severity: 'quarantine' } }],
      project: [
        'trim',
        'lower',
        {
          fuzzy_map: {
            to_file: fileOf('projects.txt', 'opsandadmin\nhiring\n'),
            max_distance: 2,
            skip_matching: 'project-[0-9]+',
            report: true,
          },
        },
      ],
    };
    const set = { checkin_id: { key_hash: { of: ['user', 'timestamp', 'project', 'hours'], occurrence: true } } };
    const checks = [{ sum: { of: 'hours', by: ['user', 'date(timestamp)'], max: 24, severity: 'warn' } }];
    const out = await transform({ transforms: { checkins: { fields, set, keys: ['checkin_id'], checks } } }, [
      schemaOf('checkins', texts('user', 'timestamp', 'hours', 'project')),
      recordOf('checkins', { user: ' Ann ', timestamp: '2 мая 2018 09:00', hours: '1.5', project: 'hirng' }),
      recordOf('checkins', { user: 'ann', timestamp: '2018-05-02 09:00:00.1234 UTC', hours: '2', project: 'project-01' }),
      recordOf('checkins', { user: ' ', timestamp: '2018-05-02 09:00:00 UTC', hours: '2', project: 'project-01' }),
    ]);
    expect(out.records('checkins')).toMatchObject([
      { user: 'ann', timestamp: '2018-05-02T09:00:00Z', hours: 1.5, project: 'hiring' },
      { user: 'ann', timestamp: '2018-05-02T09:00:00.1234Z', project: 'project-01' },
    ]);
    expect(out.records('checkins__quarantine')).toHaveLength(1);
    expectValid(out);
  });

  test('a shop: steps for all fields, keys among them', async () => {
    const fields = {
      '*': ['trim', { null_if: 'default' }],
      email: [{ email: { lower: 'all' } }, { required: {} }],
      phone_number: { phone: { region: 'GB', on_error: 'null' } },
      date_of_birth: { datetime: { formats: ['iso'], output: 'date' } },
      'id, first_name': { required: {} },
    };
    const customers = { fields, dedupe: { by: ['id'], keep: 'max(last_change)', scope: 'stream' }, on_error: 'quarantine' };
    const config = {
      quarantine: { stream: '{stream}__invalid', mask_personal: true, max: '90%' },
      transforms: {
        customers,
        products: { fields: { price: [{ number: {} }, { check: { gt: 0 } }], '*': { required: {} } } },
        transactions: {
          rename: { 'purchases.products[].quanitity': 'quantity' },
          fields: { transaction_time: { datetime: { formats: ['iso'], zone: 'Europe/London' } } },
          explode: [
            { path: 'purchases.products[]', into: 'purchases', parent_keys: ['transaction_id'] },
            { path: 'delivery_address', into: 'delivery_addresses', parent_keys: ['transaction_id'] },
          ],
        },
        erasure_requests: {
          rename: { 'customer-id': 'customer_id' },
          fields: { email: { email: { lower: 'all' } } },
          checks: [{ any_not_null: ['customer_id', 'email'], severity: 'quarantine' }],
        },
      },
    };
    const names = ['id', 'first_name', 'email', 'phone_number', 'date_of_birth', 'last_change'];
    const products = {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'integer' }, quanitity: { type: 'integer' } } },
    };
    const ann = {
      id: ' 1',
      first_name: 'Ann',
      email: 'A@Example.com',
      phone_number: '01632 960 972',
      date_of_birth: '1990-01-02',
    };
    const out = await transform(config, [
      schemaOf('customers', texts(...names), ['id']),
      recordOf('customers', { ...ann, last_change: '2020-01-02' }),
      recordOf('customers', { ...ann, last_change: '2020-01-01' }),
      recordOf('customers', { ...ann, id: 'N/A' }),
      schemaOf('products', { sku: { type: 'integer' }, price: TEXT }, ['sku']),
      recordOf('products', { sku: 1, price: '25.00' }),
      schemaOf(
        'transactions',
        {
          transaction_id: { type: 'string' },
          transaction_time: TEXT,
          delivery_address: { type: 'object', properties: texts('city') },
          purchases: { type: 'object', properties: { products, total_cost: NUMBER } },
        },
        ['transaction_id'],
      ),
      recordOf('transactions', {
        transaction_id: 't',
        transaction_time: '2020-06-01T10:00:00.123456',
        delivery_address: { city: 'Leeds' },
        purchases: { products: [{ sku: 1, quanitity: 2 }], total_cost: 2 },
      }),
      schemaOf('erasure_requests', texts('customer-id', 'email')),
      recordOf('erasure_requests', { 'customer-id': '1', email: null }),
      recordOf('erasure_requests', { 'customer-id': null, email: null }),
    ]);
    expect(out.records('customers')).toMatchObject([{ id: '1', email: 'a@example.com', last_change: '2020-01-02' }]);
    expect(out.records('customers__invalid')).toMatchObject([{ _q_field: 'id', _q_rule: 'key-missing' }]);
    expect(out.records('purchases')).toEqual([{ transaction_id: 't', _position: 1, sku: 1, quantity: 2 }]);
    expect(out.records('transactions')).toMatchObject([{ transaction_time: '2020-06-01T09:00:00.123456Z' }]);
    expect(out.records('erasure_requests')).toEqual([{ customer_id: '1', email: null }]);
    expect(out.records('erasure_requests__invalid')).toHaveLength(1);
    expectValid(out);
  });

  test('a time series: windows, then one row for each signal', async () => {
    const aggregate = {
      time: 'timestamp',
      every: '10m',
      by: [],
      functions: { wind_speed: ['mean', 'std'], power: ['mean'] },
      std: 'sample',
      lateness: 0,
      partial: 'emit',
    };
    const signals = fileOf('signals.csv', 'signal,id\nwind_speed_mean,1\nwind_speed_std,2\npower_mean,3\n');
    const last = {
      set: { signal_id: { lookup: { map_file: signals, on: 'signal', add: 'id' } } },
      keep: ['timestamp', 'signal_id', 'value'],
      keys: ['timestamp', 'signal_id'],
      alias: 'data',
    };
    const unpivot = { keep: ['timestamp'], name: 'signal', value: 'value' };
    const out = await transform({ transforms: { 'public-data': { aggregate, then: [{ unpivot }, last] } } }, [
      schemaOf('public-data', { timestamp: TIME, wind_speed: NUMBER, power: NUMBER }, ['timestamp']),
      recordOf('public-data', { timestamp: '2026-02-20T00:00:00Z', wind_speed: 1, power: 2 }),
      recordOf('public-data', { timestamp: '2026-02-20T00:01:00Z', wind_speed: 3, power: null }),
    ]);
    expect(out.records('data')).toHaveLength(3);
    expect(out.records('data')).toContainEqual({ timestamp: '2026-02-20T00:00:00Z', signal_id: '3', value: 2 });
    expectValid(out);
  });

  test('several tables: a field that one of them lacks is no mistake, one that all lack is told', async () => {
    const all = {
      fields: { email: ['trim', 'lower'], status: 'lower', statsu: 'trim' },
      dedupe: { by: ['id'], keep: 'max(updated_at)', scope: 'stream' },
    };
    const tables = [
      schemaOf('users', { id: { type: 'integer' }, email: TEXT, status: TEXT, updated_at: TIME }, ['id']),
      recordOf('users', { id: 1, email: ' A', status: 'NEW', updated_at: '2020-01-01T00:00:00Z' }),
      schemaOf('transactions', { id: { type: 'integer' }, status: TEXT, updated_at: TIME }, ['id']),
      recordOf('transactions', { id: 1, status: 'PAID', updated_at: '2020-01-01T00:00:00Z' }),
    ];
    const out = await transform({ transforms: { '*': all } }, tables);
    expect(out.records()).toMatchObject([{ email: 'a', status: 'new' }, { status: 'paid' }]);
    const told = out.log.lines.filter(({ message }) => message === 'Rules have met no field');
    expect(told.map(({ fields }) => fields?.['field'])).toEqual(['statsu']);
    await expect(transform({ transforms: { '*': { fields: { email: 'redact' } } } }, tables)).rejects.toThrow(/no field email/);
  });

  test('releases: new fields made of fields by their new names', async () => {
    const rules = {
      rename: { tag_name: 'version', body: 'summary' },
      set: { is_feature: "'feature' in coalesce(summary, '')", is_bug: "'bug' in coalesce(summary, '')" },
    };
    const out = await transform({ transforms: { releases: rules } }, [
      schemaOf('releases', { id: { type: 'integer' }, ...texts('tag_name', 'body') }, ['id']),
      recordOf('releases', { id: 1, tag_name: 'v1', body: 'a bug' }),
      recordOf('releases', { id: 2, tag_name: 'v2', body: null }),
    ]);
    expect(out.records()).toEqual([
      { id: 1, version: 'v1', summary: 'a bug', is_feature: false, is_bug: true },
      { id: 2, version: 'v2', summary: null, is_feature: false, is_bug: false },
    ]);
    expectValid(out);
  });

  test('a field made of a hidden one by its new name has the hidden value', async () => {
    const rules = { fields: { body: 'redact' }, rename: { body: 'summary' }, set: { size: 'len(summary)' } };
    const out = await transform({ transforms: { releases: rules } }, [
      schemaOf('releases', { id: { type: 'integer' }, body: { type: 'string' } }, ['id']),
      recordOf('releases', { id: 1, body: 'x' }),
    ]);
    expect(out.records()).toEqual([{ id: 1, summary: 'REDACTED', size: 8 }]);
  });

  test('customers, anonymized', async () => {
    const customers = {
      personal: true,
      where: "country == 'GB'",
      fields: {
        email: ['trim', 'lower', { pseudonymize: { key: 'pii', domain: 'email' } }],
        phone: { mask: { keep_last: 3 } },
        born: { generalize: { date: 'year' } },
        'address.*': 'redact',
        plan: { map: { Gold: 'gold', GLD: 'gold' }, when: "status != 'closed'" },
        'id, created_at, country, status': 'keep',
      },
      set: { email_domain: "email_raw.split('@')[-1]" },
      keys: ['id'],
      checks: [{ unique: ['id'] }, { row_count: { min: 1 } }],
    };
    const config = {
      vars: { tenant: 'acme' },
      keys: { pii: { env: 'TEST_PIPELINES_KEY' } },
      defaults: { on_error: 'quarantine', locale: 'en', zone: 'UTC' },
      transforms: { customers },
    };
    const address = { type: 'object', properties: texts('street', 'zip') };
    const names = ['email', 'phone', 'plan', 'created_at', 'country', 'status'];
    const born = { type: ['string', 'null'], format: 'date' };
    const out = await transform(config, [
      schemaOf('customers', { id: { type: 'integer' }, ...texts(...names), born, address }, ['id']),
      recordOf('customers', {
        id: 1,
        email: ' Ada@example.com',
        phone: '01632960972',
        born: '1815-12-10',
        address: { street: 'a', zip: 'b' },
        plan: 'GLD',
        country: 'GB',
        status: 'open',
      }),
    ]);
    expect(out.records()).toMatchObject([
      {
        phone: '********972',
        born: '1815',
        address: { street: 'REDACTED', zip: 'REDACTED' },
        plan: 'gold',
        email_domain: 'example.com',
      },
    ]);
    expectValid(out);
  });
});
