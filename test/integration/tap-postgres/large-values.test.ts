import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchMemory } from '../../../check/plugin/output.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { pipeline, root } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime } from '../../support/victims.ts';
import { connected } from './drive.ts';
import { readLanes } from './lanes.ts';

const BYTES = 60_000_000;
const VALUES = 6;

describeWithPostgres('tap-postgres and values of 60 MB', (url) => {
  let client: Client;
  let folder: string;
  beforeAll(async () => {
    client = await connected(url());
    folder = temporaryFolder();
    await client.query(String.raw`CREATE SCHEMA many; CREATE SCHEMA kinds; CREATE SCHEMA copy;
      CREATE TABLE many.t (id int PRIMARY KEY, v text); 
      INSERT INTO many.t SELECT g, repeat('abcdefghi', ${BYTES} / 9) FROM generate_series(1, ${VALUES}) g;
      CREATE TABLE kinds.t (id int PRIMARY KEY, text text, raw bytea, doc jsonb, list text[]);
      INSERT INTO kinds.t VALUES (1, repeat(repeat('x', 994) || E'"\\\n\x01é', ${BYTES} / 1000)), (4, 'small');
      INSERT INTO kinds.t (id, raw) VALUES (2, decode(repeat('00ff10ab', ${BYTES} / 8), 'hex'));
      INSERT INTO kinds.t (id, doc, list) VALUES (3, to_jsonb(repeat(repeat('y', 999) || '"', ${BYTES} / 1000)), ARRAY[repeat(repeat('z', 999) || '"', ${BYTES} / 1000), NULL])`);
  }, 120_000);
  afterAll(() => client.end());

  const file = (name: string, value: object): string => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };

  it('holds few of them at a time', async () => {
    const child = spawn(process.execPath, ['bin/tap-postgres', '--config', file('many.json', { url: url(), filter_schemas: ['many'] })], { cwd: root }); // prettier-ignore
    const memory = watchMemory(child.pid!);
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => void (bytes += chunk.length));
    child.stderr.resume();
    const [code] = (await once(child, 'close')) as [number];
    memory.stop();
    expect(code).toBe(0);
    expect(bytes).toBeGreaterThan(VALUES * BYTES);
    if (process.platform === 'linux') expect(memory.peak() * 1024).toBeLessThan(130e6 + 4 * BYTES);
  });

  it('reads them through both lanes alike', async () => {
    const { fast, general } = await readLanes(url(), 'kinds-t', { filter_schemas: ['kinds'] });
    expect([fast.error, general.error]).toEqual([undefined, undefined]);
    expect(fast.records).toHaveLength(4);
    // Not by toEqual, which would print them.
    expect(fast.records.every((record, n) => record === general.records[n])).toBe(true);
  });

  it('hands them on to target-postgres as they are', async () => {
    const tap = file('tap.json', { url: url(), filter_schemas: ['kinds'] });
    const target = file('target.json', { url: url(), default_target_schema: 'copy' });
    const { parts } = await inTime(pipeline([
      { program: 'bin/tap-postgres', args: ['--config', tap] },
      { program: 'bin/target-postgres', args: ['--config', target] },
    ])); // prettier-ignore
    expect(parts.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(parts.map(() => [0, '']));
    const sums = async (schema: string): Promise<unknown[]> =>
      (await client.query(`SELECT id::int, md5(text) AS text, md5(raw) AS raw, md5(doc::text) AS doc, md5(to_jsonb(list)::text) AS list FROM ${schema}.t ORDER BY id`)).rows; // prettier-ignore
    expect(await sums('copy')).toEqual(await sums('kinds'));
  });
});
