import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { pipeline } from '../../support/processes.ts';
import { random } from '../../support/random.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime, killOne, killWithin, lastLine } from '../../support/victims.ts';
import { connected } from './drive.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 50);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
const WRITERS = 3;
const FIRST_ROWS = 20_000;

describeWithPostgres('tap-postgres into target-postgres beside writers, killed at random moments and resumed', (url) => {
  test(
    'the copy equals the source, with every late commit and every tie',
    async () => {
      const next = random(seed);
      const folder = temporaryFolder();
      const reader = await connected(url());
      await reader.query(`CREATE SCHEMA src; CREATE SCHEMA dst;
        CREATE TABLE src.events (id bigint PRIMARY KEY, at timestamptz(3) DEFAULT now(), x text);
        CREATE INDEX ON src.events (at);
        INSERT INTO src.events SELECT g, now() - interval '1 day' + g / 500 * interval '1 ms', repeat('x', g % 200) FROM generate_series(1, ${FIRST_ROWS}) g`);
      const path = (name: string, value: unknown): string => {
        const file = join(folder, name);
        writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
        return file;
      };
      const incremental = { selected: true, 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };
      const files = {
        tap: path('tap.json', { url: url(), filter_schemas: ['src'], state_interval_records: 100 }),
        catalog: path('catalog.json', {
          streams: [{ tap_stream_id: 'src-events', metadata: [{ breadcrumb: [], metadata: incremental }] }],
        }),
        target: path('target.json', { url: url(), default_target_schema: 'dst', load_method: 'upsert', batch_size_rows: 500 }),
      };
      let state = '{}';
      const hit = { tap: 0, target: 0 };
      const run = async (kill: boolean): Promise<void> => {
        const stateFile = path('state.json', state);
        const load = pipeline([
          { program: 'bin/tap-postgres', args: ['--config', files.tap, '--catalog', files.catalog, '--state', stateFile] },
          { program: 'bin/target-postgres', args: ['--config', files.target] },
        ]);
        const victim = kill ? await (next() < 0.3 ? killOne(load, next) : killWithin(1_000, load, next)) : undefined;
        const { parts, stdout } = await inTime(load);
        if (victim !== undefined) hit[victim]++;
        else expect(parts.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(parts.map(() => [0, '']));
        state = lastLine(stdout) ?? state;
      };
      const writing = await startWriters(url(), seed);
      let runs = 0;
      for (; hit.tap + hit.target < kills; runs++) await run(true);
      const written = await writing.stop();
      await run(false);
      const { rows } = await reader.query<{ missing: number; more: number; all: number }>(
        `SELECT (SELECT count(*) FROM (SELECT id, at, x FROM src.events EXCEPT SELECT id, at, x FROM dst.events) m)::int AS missing,
           (SELECT count(*) FROM (SELECT id, at, x FROM dst.events EXCEPT SELECT id, at, x FROM src.events) m)::int AS more,
           (SELECT count(*) FROM src.events)::int AS all`,
      );
      await reader.end();
      process.stdout.write(
        `${kills} kills (tap ${hit.tap}, target ${hit.target}) in ${runs} runs beside ${written} transactions: ${rows[0]?.all} rows, no difference (seed ${seed})\n`,
      );
      expect(rows[0]).toMatchObject({ missing: 0, more: 0 });
    },
    Math.max(120_000, kills * 15_000),
  );
});

/** Writes without end: inserts, updates, ties, and transactions that stay open while others commit. `stop` commits all and gives their number. */
async function startWriters(url: string, seed: number): Promise<{ stop(): Promise<number> }> {
  const stopping = new AbortController();
  let transactions = 0;
  let lastId = FIRST_ROWS;
  const write = async (writer: Client, number: number): Promise<void> => {
    const next = random(seed * 100 + number);
    const pause = (most: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, next() * most));
    while (!stopping.signal.aborted) {
      await writer.query('BEGIN');
      for (let n = Math.floor(next() * 6); n >= 0; n--) {
        const what = next();
        if (what < 0.2) await writer.query('SAVEPOINT a');
        else if (what < 0.7) {
          const ids = Array.from({ length: 1 + Math.floor(next() * 20) }, () => ++lastId);
          await writer.query("INSERT INTO src.events (id, x) SELECT id, 'new' FROM unnest($1::bigint[]) AS id", [ids]);
        } else {
          await writer.query(
            `UPDATE src.events SET at = CASE WHEN id % 2 = 0 THEN now() ELSE at END, x = 'changed ' || $1 WHERE id % ${WRITERS} = ${number} AND id BETWEEN $2 AND $2 + 50`,
            [transactions, Math.floor(next() * lastId)],
          );
        }
        // Some stay open for longer than a run takes.
        await pause(next() < 0.1 ? 4_000 : 40);
      }
      await writer.query(next() < 0.1 ? 'ROLLBACK' : 'COMMIT');
      transactions++;
    }
    await writer.end();
  };
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => connected(url)));
  const all = Promise.all(writers.map(write));
  return {
    async stop() {
      stopping.abort();
      await all;
      return transactions;
    },
  };
}
