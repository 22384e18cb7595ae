import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { sql, type Sql } from './drive.ts';

interface Checked {
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly detail: string; readonly hint?: string }[];
}

interface Planned {
  readonly streams: readonly {
    readonly stream: string;
    readonly table: string;
    readonly new: boolean;
    readonly method: string;
    readonly keys: readonly string[];
    readonly sql: readonly string[];
  }[];
}

const PLAN_KEY = createHash('sha256').update('the key of the tests of plans').digest('hex');
const lines = (...messages: readonly object[]): string => messages.map((message) => `${JSON.stringify(message)}\n`).join('');
const schema = (stream: string, properties: object, keys: readonly string[] = []): object => ({
  type: 'SCHEMA',
  stream,
  schema: { type: 'object', properties },
  key_properties: keys,
});

describeWithPostgres('target-postgres modes', (url) => {
  let query: Sql;
  const roles: string[] = [];
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(async () => {
    for (const role of roles) await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await query.end();
  });

  /** Runs target-postgres with a mode; settings come from the environment. */
  const ask = (mode: string, config: Readonly<Record<string, string>>, input = '', format = 'json'): ReturnType<typeof run> => {
    const env = Object.entries({ url: url(), ...config }).map(([name, value]) => [
      `TARGET_POSTGRES_${name.toUpperCase()}`,
      value,
    ]);
    return run(process.execPath, [executable('target-postgres'), mode, '--config=ENV', '--format', format], {
      env: { ...(Object.fromEntries(env) as Record<string, string>), PLAN_KEY },
      input,
    });
  };
  const relations = (): Promise<Record<string, unknown>[]> =>
    query(
      "SELECT relname FROM pg_class WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace) ORDER BY 1",
    );

  /** A role that may log in and nothing else; its URL. */
  const guest = async (name: string): Promise<string> => {
    const role = `${name}${new URL(url()).pathname.slice('/tapline_test'.length)}`;
    await query(`CREATE ROLE ${role} LOGIN`);
    roles.push(role);
    const at = new URL(url());
    at.username = role;
    return at.href;
  };

  describe('--check', () => {
    test('says that all is well, writing nothing', async () => {
      const { status, stdout, stderr } = await ask('--check', { default_target_schema: 'fresh', load_ledger: 'true' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const { ok, checks } = JSON.parse(stdout) as Checked;
      expect(ok).toBe(true);
      expect(checks.map(({ check }) => check)).toEqual([
        'connection',
        'server',
        'tls',
        'role',
        'writable',
        'encoding',
        'schema',
        'temporary tables',
        'state table',
        'load ledger',
        'state',
      ]);
      expect(checks.find(({ check }) => check === 'schema')?.detail).toBe('fresh will be made');
      expect(await query("SELECT FROM pg_namespace WHERE nspname = 'fresh'")).toEqual([]);
    });

    test('is text for people: a line each', async () => {
      const { stdout } = await ask('--check', {}, '', 'text');
      expect(stdout).toMatch(/^ok {6}server +Postgres \d+/m);
    });

    test('fails with what to do when rights are missing', async () => {
      await query('CREATE SCHEMA closed; CREATE TABLE closed._singer_state (state_id text)');
      const at = await guest('tapline_checked');
      const { status, stdout } = await ask('--check', {
        url: at,
        default_target_schema: 'closed',
        grants: '{"select": ["tapline_missing"]}',
      });
      expect(status).toBe(1);
      const { ok, checks } = JSON.parse(stdout) as Checked;
      expect(ok).toBe(false);
      const failed = checks.filter((finding) => !finding.ok);
      expect(failed.map(({ check }) => check)).toEqual(['schema', 'state table', 'grants']);
      for (const { hint } of failed) expect(hint).toMatch(/GRANT|roles/);
    });

    test('tells of a server that cannot be reached, never of the password', async () => {
      const at = new URL(url());
      at.port = '1';
      at.password = 'geheim99';
      const { status, stdout, stderr } = await ask('--check', { url: at.href }, '', 'text');
      expect(status).toBe(1);
      expect(stdout).toMatch(/^FAILED {2}connection +.*\(connection-lost\)/);
      expect(stdout + stderr).not.toContain('geheim99');
    });

    test('tells when the state was stored', async () => {
      const message = lines(
        schema('kept', { id: { type: 'integer' } }),
        { type: 'RECORD', stream: 'kept', record: { id: 1 } },
        { type: 'STATE', value: { n: 1 } },
      );
      const loaded = await run(process.execPath, [executable('target-postgres'), '--config=ENV'], {
        env: { TARGET_POSTGRES_URL: url() },
        input: message,
      });
      expect(loaded.status).toBe(0);
      const { stdout } = await ask('--check', {});
      expect((JSON.parse(stdout) as Checked).checks.find(({ check }) => check === 'state')?.detail).toMatch(
        /^state_id default was stored at \d{4}-.*Z$/,
      );
    });
  });

  describe('--plan', () => {
    test('prints the SQL per stream, that makes the very tables of a load, and writes nothing', async () => {
      await query('CREATE TABLE planned_old (id bigint PRIMARY KEY)');
      const input = lines(
        schema('planned_new', { id: { type: 'integer' }, name: { type: ['string', 'null'] } }, ['id']),
        { type: 'RECORD', stream: 'planned_new', record: { id: 1, name: 'a' } },
        schema('planned_old', { id: { type: 'integer' }, more: { type: ['number', 'null'] } }, ['id']),
        { type: 'STATE', value: { n: 9 } },
      );
      const config = {
        load_method: 'upsert',
        add_record_metadata: 'false',
        audit_columns: 'true',
        indexes: '["name"]',
        stream_options: '{"planned_old": {"indexes": [], "audit_columns": false}}',
      };
      const before = await relations();
      const { status, stdout, stderr } = await ask('--plan', config, input);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(await relations()).toEqual(before);
      const { streams } = JSON.parse(stdout) as Planned;
      expect(streams.map(({ stream, table, new: isNew, method, keys }) => ({ stream, table, isNew, method, keys }))).toEqual([
        { stream: 'planned_new', table: 'public.planned_new', isNew: true, method: 'upsert', keys: ['id'] },
        { stream: 'planned_old', table: 'public.planned_old', isNew: false, method: 'upsert', keys: ['id'] },
      ]);
      for (const { sql: statements } of streams) for (const statement of statements) await query(statement);
      const again = JSON.parse((await ask('--plan', config, input)).stdout) as Planned;
      expect(again.streams.map(({ sql: statements }) => statements)).toEqual([[], []]);
      expect(
        await query(
          "SELECT string_agg(attname, ',' ORDER BY attnum) AS names FROM pg_attribute WHERE attrelid = 'planned_new'::regclass AND attnum > 0",
        ),
      ).toEqual([{ names: 'id,name,created_at,modified_at' }]);
    });

    test('reads a cut input as far as it goes, as text', async () => {
      const input = `${lines(schema('cut_plan', { id: { type: 'integer' } }))}{"type": "RECO`;
      const { status, stdout, stderr } = await ask('--plan', { default_target_schema: 'not_there' }, input, 'text');
      expect(status).toBe(0);
      expect(stdout).toContain(
        'cut_plan: append into a new table not_there.cut_plan\n  CREATE SCHEMA IF NOT EXISTS "not_there";\n  CREATE TABLE',
      );
      expect(stderr).toContain('cut');
    });

    test('has the streams as the rules of the settings leave them, and writes none of the files of these', async () => {
      const folder = temporaryFolder();
      const [ledger, report] = [join(folder, 'ledger.jsonl'), join(folder, 'report.json')];
      const batch = join(folder, 'records.jsonl');
      writeFileSync(batch, '{"id":2,"mail":"c@d.ef","address":{"zip":"1"},"lines":[]}\n');
      const rules = {
        fields: { mail: { pseudonymize: { encoding: 'uuid' } } },
        erase: { ledger, match: { id: 'person' }, fields: ['address.zip'] },
        checks: [{ row_count: { min: 1 } }],
        rename: { mail: 'token' },
        explode: { path: 'lines[]', into: 'ruled_lines' },
        flatten: true,
        alias: 'ruled',
      };
      const input = lines(
        schema('erasure_requests', { person: { type: 'string' } }),
        { type: 'RECORD', stream: 'erasure_requests', record: { person: '1' } },
        schema(
          'raw',
          {
            id: { type: 'integer' },
            mail: { type: 'string' },
            address: { type: 'object', properties: { zip: { type: 'string' } } },
            lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
          },
          ['id'],
        ),
        { type: 'RECORD', stream: 'raw', record: { id: 1, mail: 'a@b.cd', address: { zip: '1' }, lines: [{ sku: 'x' }] } },
        {
          type: 'BATCH',
          stream: 'raw',
          encoding: { format: 'jsonl', compression: 'none' },
          manifest: [pathToFileURL(batch).href],
        },
        { type: 'STATE', value: { n: 9 } },
      );
      const config = {
        load_method: 'upsert',
        delete_batch_files: 'true',
        keys: JSON.stringify({ k: { env: 'PLAN_KEY' } }),
        transforms: JSON.stringify({ raw: rules }),
        report: JSON.stringify({ file: report }),
      };
      const plan = async (): Promise<Planned['streams']> => {
        const { status, stdout, stderr } = await ask('--plan', config, input);
        expect(status, stderr).toBe(0);
        return (JSON.parse(stdout) as Planned).streams;
      };
      const streams = await plan();
      expect(streams.map(({ stream, keys }) => [stream, keys])).toEqual([
        ['erasure_requests', []],
        ['ruled', ['id']],
        ['ruled_lines', ['id', '_position']],
      ]);
      expect(streams[1]!.sql.join(' ')).toMatch(/"token" uuid.*"address__zip" text/s);
      expect(readdirSync(folder)).toEqual(['records.jsonl']);
      for (const { sql: statements } of streams) for (const statement of statements) await query(statement);
      expect((await plan()).map(({ sql: statements }) => statements)).toEqual([[], [], []]);
    });

    test('without input says so', async () => {
      expect((await ask('--plan', {}, '', 'text')).stdout).toBe('The input announced no stream.\n');
    });

    test('runs no SQL of the settings', async () => {
      const { status } = await ask(
        '--plan',
        { before_run_sql: 'SELECT broken', after_run_sql: 'SELECT broken' },
        lines(schema('x', { id: { type: 'integer' } })),
      );
      expect(status).toBe(0);
    });
  });
});
