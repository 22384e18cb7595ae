import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { pipeline } from '../../support/processes.ts';
import { random } from '../../support/random.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime, killOne, killWithin, lastLine, settled } from '../../support/victims.ts';
import { connected } from './drive.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 50);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
const ROWS = 20_000;

describeWithPostgres('whole tables into target-postgres beside a writer, killed at random moments and gone on with', (url) => {
  test(
    'nothing is lost and nothing is there twice; the next run leaves nothing that is gone',
    async () => {
      const next = random(seed);
      const folder = temporaryFolder();
      const reader = await connected(url());
      await reader.query(`CREATE SCHEMA src; CREATE SCHEMA dst;
        CREATE TABLE src.plain (id bigint PRIMARY KEY, number bigint NOT NULL, x text) WITH (fillfactor = 90);
        CREATE TABLE src.parts (LIKE src.plain INCLUDING ALL) PARTITION BY HASH (id);
        CREATE TABLE src.parts1 PARTITION OF src.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE src.parts2 PARTITION OF src.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO src.plain SELECT g, g, repeat('x', g % 200) FROM generate_series(1, ${ROWS}) g; INSERT INTO src.parts SELECT * FROM src.plain`);
      const path = (name: string, value: unknown): string => {
        const file = join(folder, name);
        writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
        return file;
      };
      const full = { selected: true, 'replication-method': 'FULL_TABLE' };
      const files = {
        tap: path('tap.json', {
          url: url(),
          filter_schemas: ['src'],
          emit_activate_version_messages: true,
          resume_interval_bytes: 32 * 8192,
          state_interval_records: 100,
        }),
        catalog: path('catalog.json', {
          streams: ['src-plain', 'src-parts'].map((id) => ({
            tap_stream_id: id,
            metadata: [{ breadcrumb: [], metadata: full }],
          })),
        }),
        target: path('target.json', {
          url: url(),
          default_target_schema: 'dst',
          load_method: 'upsert',
          hard_delete: true,
          batch_size_rows: 500,
        }),
      };
      let state = '{}';
      const hit = { tap: 0, target: 0 };
      const told = { on: 0, anew: 0 };
      const run = async (kill: boolean): Promise<void> => {
        const stateFile = path('state.json', state);
        const load = pipeline([
          { program: 'bin/tap-postgres', args: ['--config', files.tap, '--catalog', files.catalog, '--state', stateFile] },
          { program: 'bin/target-postgres', args: ['--config', files.target] },
        ]);
        const victim = kill ? await (next() < 0.6 ? killOne(load, next) : killWithin(1_500, load, next)) : undefined;
        const { parts, stdout } = await inTime(load);
        const stderr = parts[0]!.stderr;
        if (stderr.includes('goes on where it was')) told.on++;
        if (stderr.includes('the table is read anew')) told.anew++;
        if (victim !== undefined) hit[victim]++;
        else expect(parts.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(parts.map(() => [0, '']));
        state = lastLine(stdout) ?? state;
      };
      /** What the copies lack, have too much of, and have twice. */
      const compare = async (): Promise<object> => {
        const one = (table: string): string => `SELECT '${table}' AS of,
          (SELECT count(*) FROM (SELECT id, number, x FROM src.${table} EXCEPT SELECT id, number, x FROM dst.${table}) m)::int AS missing,
          (SELECT count(*) FROM (SELECT id, number, x FROM dst.${table} EXCEPT SELECT id, number, x FROM src.${table}) m)::int AS more,
          (SELECT count(*) - count(DISTINCT id) FROM dst.${table})::int AS twice`;
        return (await reader.query<object>(`${one('plain')} UNION ALL ${one('parts')}`)).rows;
      };
      const writing = await startWriter(url(), seed);
      let runs = 0;
      for (; hit.tap + hit.target < kills; runs++) {
        await run(true);
        // What else may come between two runs.
        const what = next();
        if (what < 0.05) await reader.query('VACUUM FULL src.plain');
        else if (what < 0.1) await reader.query('VACUUM FULL src.parts1');
        else if (what < 0.15) await writing.emptied();
      }
      const written = await writing.stop();
      // The reading that was cut last ends: all that is there was sent. What was deleted while it was cut may still be there.
      await run(false);
      await settled(reader);
      const gone = { missing: 0, twice: 0 };
      expect(await compare()).toMatchObject([gone, gone]);
      await run(false);
      expect(await compare()).toEqual([
        { of: 'plain', missing: 0, more: 0, twice: 0 },
        { of: 'parts', missing: 0, more: 0, twice: 0 },
      ]);
      await reader.end();
      process.stdout.write(
        `${kills} kills (tap ${hit.tap}, target ${hit.target}) in ${runs} runs beside ${written} transactions, ${told.on} readings gone on with, ${told.anew} anew (seed ${seed})\n`,
      );
      expect(told.on).toBeGreaterThan(kills / 10);
    },
    Math.max(180_000, kills * 15_000),
  );
});

/**
 * Writes without end: rows move to where there is room, are deleted, get another key, come new. `emptied`: a TRUNCATE comes next, with other rows in the same transaction. `stop` gives the number of transactions.
 */
async function startWriter(url: string, seed: number): Promise<{ stop(): Promise<number>; emptied(): Promise<void> }> {
  const stopping = new AbortController();
  const writer = await connected(url);
  const vacuum = await connected(url);
  const next = random(seed * 100);
  let transactions = 0;
  let lastId = ROWS;
  let wanted: (() => void) | undefined;
  const write = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await writer.query('BEGIN');
      for (const table of ['plain', 'parts']) {
        if (wanted !== undefined) {
          await writer.query(`CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM src.${table} WHERE number % 2 = 0; TRUNCATE src.${table};
            INSERT INTO src.${table} SELECT id + 1000000, number, 'again' FROM kept; DROP TABLE kept`);
        }
        const at = Math.floor(next() * lastId);
        await writer.query(`UPDATE src.${table} SET x = x || 'u' WHERE number BETWEEN ${at} AND ${at} + 200 AND number % 10 = 0;
          DELETE FROM src.${table} WHERE number BETWEEN ${at} AND ${at} + 100 AND number % 10 = 1;
          UPDATE src.${table} SET id = id + 10000000 WHERE number BETWEEN ${at} AND ${at} + 50 AND number % 10 = 2;
          INSERT INTO src.${table} SELECT g, g, repeat('n', 50) FROM generate_series(${lastId + 1}, ${lastId + 20}) g`);
      }
      lastId += 20;
      await new Promise((resolve) => setTimeout(resolve, next() * 60));
      await writer.query(next() < 0.1 ? 'ROLLBACK' : 'COMMIT');
      wanted?.();
      wanted = undefined;
      transactions++;
      if (transactions % 10 === 0) await vacuum.query('VACUUM src.plain; ').then(() => vacuum.query('VACUUM src.parts'));
    }
    await Promise.all([writer.end(), vacuum.end()]);
  };
  const all = write();
  return {
    emptied: () => new Promise((resolve) => (wanted = resolve)),
    async stop() {
      stopping.abort();
      await all;
      return transactions;
    },
  };
}
