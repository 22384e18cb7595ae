import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { parseExact, stringifyExact } from '../../singer/index.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { executable, run } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { type Message, recordOf, schemaOf } from '../unit/transforms/run.ts';
import { expectValid } from '../unit/transforms/valid.ts';

const PII_KEY = createHash('sha256').update('the key of the tests of pseudonyms').digest('hex');
/** What each way of writing tokens makes of a column of integers. */
const ENCODINGS = { hex: 'text', base64url: 'text', uuid: 'uuid', int63: 'bigint' } as const;
const CUSTOMERS = [1, 2, 3, 9007199254740991];
/** By customer: how many orders. One order is nobody's. */
const ORDERS = [1, 1, 1, 3, 9007199254740991, null];

describeWithPostgres('an integer key that is pseudonymized on the way into Postgres', (url) => {
  test.each(Object.entries(ENCODINGS))(
    'as %s: a column of %s, the same rows again are no new ones, and joins hold',
    async (encoding, type) => {
      const folder = temporaryFolder();
      const schema = `pseudonyms_${encoding}`;
      const token = { pseudonymize: { key: 'pii', domain: 'customer', encoding } };
      const rules = {
        keys: { pii: { env: 'PII_KEY' } },
        transforms: { customers: { fields: { id: token } }, orders: { fields: { customer_id: token, 'buyer.id': token } } },
      };
      const messages = [
        schemaOf('customers', { id: { type: 'integer', minimum: 1, maximum: 9007199254740991 }, city: { type: 'string' } }, [
          'id',
        ]),
        ...CUSTOMERS.map((id) => recordOf('customers', { id, city: `city ${id}` })),
        schemaOf(
          'orders',
          {
            no: { type: 'integer' },
            customer_id: { type: ['integer', 'null'] },
            buyer: { type: 'object', properties: { id: { type: ['integer', 'null'] } } },
          },
          ['no'],
        ),
        ...ORDERS.map((customer_id, no) => recordOf('orders', { no, customer_id, buyer: { id: customer_id } })),
        { type: 'STATE', value: { done: true } },
      ];
      writeFileSync(join(folder, 'in.singer'), messages.map((message) => `${stringifyExact(message)}\n`).join(''));
      writeFileSync(join(folder, 'rules.json'), JSON.stringify(rules));
      writeFileSync(
        join(folder, 'target.json'),
        JSON.stringify({ url: url(), default_target_schema: schema, load_method: 'upsert' }),
      );
      const pipe = async (): Promise<string> => {
        const line =
          'set -o pipefail; "$MAPPER" --config rules.json < in.singer | tee out.singer | "$TARGET" --config target.json';
        const env = { MAPPER: executable('transform-records'), TARGET: executable('target-postgres'), PII_KEY };
        const { status, stderr, stdout } = await run('bash', ['-c', line], { cwd: folder, env });
        expect(status, stderr).toBe(0);
        return stdout;
      };
      expect(JSON.parse(await pipe())).toEqual({ done: true });
      await pipe();
      const sent = readFileSync(join(folder, 'out.singer'), 'utf8').trimEnd().split('\n');
      expectValid({ messages: sent.map((line) => parseExact(line) as Message) });

      const client = new Client({ connectionString: url() });
      await client.connect();
      const rows = async (sql: string): Promise<unknown[]> => (await client.query<Record<string, unknown>>(sql)).rows;
      try {
        const columns = await rows(
          `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
          WHERE table_schema = '${schema}' AND column_name IN ('id', 'customer_id') ORDER BY table_name`,
        );
        expect(columns).toEqual([
          { table_name: 'customers', column_name: 'id', data_type: type, is_nullable: 'NO' },
          { table_name: 'orders', column_name: 'customer_id', data_type: type, is_nullable: 'YES' },
        ]);
        const joined = await rows(
          `SELECT city, count(*)::int AS orders, count(*) FILTER (WHERE buyer->>'id' = c.id::text)::int AS buyers
          FROM ${schema}.customers c JOIN ${schema}.orders o ON o.customer_id = c.id GROUP BY city ORDER BY city`,
        );
        expect(joined).toEqual([
          { city: 'city 1', orders: 3, buyers: 3 },
          { city: 'city 3', orders: 1, buyers: 1 },
          { city: 'city 9007199254740991', orders: 1, buyers: 1 },
        ]);
        expect(
          await rows(
            `SELECT count(*)::int, count(id)::int AS ids FROM ${schema}.customers WHERE id::text NOT IN ('1', '2', '3', '9007199254740991')`,
          ),
        ).toEqual([{ count: CUSTOMERS.length, ids: CUSTOMERS.length }]);
        expect(
          await rows(`SELECT count(*)::int FROM ${schema}.orders WHERE customer_id IS NULL AND buyer->>'id' IS NULL`),
        ).toEqual([{ count: 1 }]);
        expect(await rows(`SELECT count(*)::int FROM ${schema}.orders`)).toEqual([{ count: ORDERS.length }]);
      } finally {
        await client.end();
      }
    },
  );
});
