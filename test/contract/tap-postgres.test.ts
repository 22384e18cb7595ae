import { Client } from 'pg';
import { expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { prove } from './prove.ts';
import { tapPostgres } from './subjects/tap-postgres.ts';

describeWithPostgres('tap-postgres', (url) => {
  prove(tapPostgres(url));

  test('[36] no line of discovery reaches 64 KiB, with as many columns as a table can have', async () => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    const columns = Array.from({ length: 1600 }, (_, at) => `column_number_${at} bool`);
    await client.query(`CREATE SCHEMA wide; CREATE TABLE wide.wide (${columns.join(', ')})`);
    await client.end();
    await runLab(tapPostgres(url), async (lab) => {
      const ran = await lab.run({ config: { url: url(), filter_schemas: ['wide'] }, args: ['--discover'] });
      expect(ran.code, ran.stderr).toBe(0);
      const lines = ran.stdout.toString().split('\n');
      expect(lines.filter((line) => line.includes('"properties", "column_number_'))).toHaveLength(1600);
      expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(64 * 1024);
    });
  });

  /** What the tap says of a schema that these statements make. */
  const ofSchema = async (schema: string, sql: string, args: readonly string[] = []): Promise<string> => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    await client.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${sql}`);
    await client.end();
    let stdout = '';
    await runLab(tapPostgres(url), async (lab) => {
      const ran = await lab.run({ config: { url: url(), filter_schemas: [schema] }, args: [...args] });
      expect(ran.code, ran.stderr).toBe(0);
      stdout = ran.stdout.toString();
    });
    return stdout;
  };

  test('[41] the catalog has the facts of the database', async () => {
    const text = await ofSchema(
      'facts',
      `CREATE TABLE t (id int PRIMARY KEY, price numeric(8, 2)); INSERT INTO t SELECT g, g FROM generate_series(1, 50) g; ANALYZE t; CREATE VIEW v AS SELECT id FROM t`,
      ['--discover'],
    );
    const { streams } = JSON.parse(text) as { streams: { metadata: { metadata: Record<string, unknown> }[] }[] };
    const [table, view] = streams.map(({ metadata }) => metadata.map((entry) => entry.metadata));
    const database = new URL(url()).pathname.slice(1);
    expect(table![0]).toMatchObject({ 'schema-name': 'facts', 'database-name': database, 'is-view': false, 'row-count': 50 });
    expect(table!.slice(1).map((entry) => entry['sql-datatype'])).toEqual(['integer', 'numeric(8,2)']);
    expect(view![0]).toMatchObject({ 'is-view': true });
  });

  test('[68] numbers keep their text, in columns and in JSON', async () => {
    const numbers = ['9223372036854775807', '-12345678901234567890.123456789012345678', '0.10', '1e+400'];
    const text = await ofSchema(
      'numbers',
      `CREATE TABLE t (i int8, n numeric, f float8, doc json); INSERT INTO t VALUES (${numbers[0]}, ${numbers[1]}, 0.1, '[${numbers.join(', ')}]')`,
    );
    expect(text).toContain(`"record":{"i":${numbers[0]},"n":${numbers[1]},"f":0.1,"doc":[${numbers.join(',')}]}`);
  });

  test('[70] binary is base64 and says so', async () => {
    const text = await ofSchema('binaries', String.raw`CREATE TABLE t (b bytea); INSERT INTO t VALUES ('\x00ff10')`);
    expect(text).toContain('"b":{"type":["null","string"],"contentEncoding":"base64"}');
    expect(text).toContain('"record":{"b":"AP8Q"}');
  });

  test('[173] nested settings are taken as objects and by dots', async () => {
    await runLab(tapPostgres(url), async (lab) => {
      for (const tunnel of [{ ssh_tunnel: { enable: true } }, { 'ssh_tunnel.enable': true }]) {
        const ran = await lab.run({ config: { url: url(), ...tunnel }, args: ['--discover'] });
        expect(ran.code).toBe(2);
        expect(ran.stderr).toContain('ssh_tunnel.enable');
      }
    });
  });
});
