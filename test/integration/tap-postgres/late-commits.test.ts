import process from 'node:process';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { random } from '../../support/random.ts';
import { connected, runTap } from './drive.ts';

/** `SOAK_KILLS` makes it longer. */
const rounds = Number(process.env['SOAK_KILLS'] ?? 25);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
const WRITERS = 4;

/** Tables of every kind that can be asked who wrote a row; `id` is unique. */
const TABLES = {
  keyed: 'CREATE TABLE keyed (id int PRIMARY KEY, k int NOT NULL, x int)',
  keyless: 'CREATE TABLE keyless (id int, k int, x int)',
  parted: `CREATE TABLE parted (id int, k int NOT NULL, x int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (5); CREATE TABLE parted_2 PARTITION OF parted DEFAULT`,
};
type Name = keyof typeof TABLES;

describeWithPostgres('tap-postgres INCREMENTAL beside writers', (url) => {
  let writers: Client[];
  let reader: Client;
  beforeAll(async () => {
    writers = await Promise.all(Array.from({ length: WRITERS }, () => connected(url())));
    reader = await connected(url());
    for (const sql of Object.values(TABLES)) await reader.query(sql);
  });
  afterAll(() => Promise.all([...writers, reader].map((client) => client.end())));

  it(
    'sends the last version of every row, however transactions overlap, end and are cut into savepoints, and wherever a run is cut',
    async () => {
      const next = random(seed);
      const below = (most: number): number => Math.floor(next() * most);
      const open = writers.map(() => false);
      let lastId = 0;
      const act = async (n: number): Promise<void> => {
        const writer = writers[n]!;
        const table = Object.keys(TABLES)[below(3)]!;
        const begun = open[n]!;
        const what = below(10);
        if (what < 2) {
          await writer.query(begun ? (below(4) === 0 ? 'ROLLBACK' : 'COMMIT') : 'BEGIN');
          open[n] = !begun;
        } else if (what < 3 && begun)
          await writer.query(
            below(3) === 0 ? 'SAVEPOINT a; SAVEPOINT b; INSERT INTO keyless VALUES (0, 0); ROLLBACK TO a' : 'SAVEPOINT a',
          );
        else if (what < 8) {
          const nulls = table === 'keyless' && below(5) === 0;
          const values = Array.from({ length: 1 + below(4) }, () => `(${++lastId}, ${nulls ? 'NULL' : below(12)}, 0)`);
          await writer.query(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
        } else {
          // Each writer has rows of its own, so that none waits for another.
          await writer.query(
            `UPDATE ${table} SET ${below(2) === 0 ? `k = ${below(12)}, ` : ''}x = x + 1 WHERE id % ${WRITERS} = ${n} AND id > ${lastId - 60}`,
          );
        }
      };
      const target: Record<Name, Map<unknown, string>> = { keyed: new Map(), keyless: new Map(), parted: new Map() };
      let state: unknown;
      let sent = 0;
      const run = async (config: object): Promise<void> => {
        const choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' };
        const choices = Object.fromEntries(Object.keys(TABLES).map((name) => [`public-${name}`, choice]));
        const { messages, error, state: reached } = await runTap(url(), choices, { state, config });
        expect(error).toBeUndefined();
        for (const { type, stream, record } of messages) {
          if (type !== 'RECORD') continue;
          sent++;
          target[stream!.slice('public-'.length) as Name].set(record!['id'], JSON.stringify(record));
        }
        state = reached;
      };
      for (let round = 0; round < rounds; round++) {
        for (let n = below(40); n > 0; n--) await act(below(WRITERS));
        // A limit stops at a place between any two rows; a standby's snapshot knows less.
        await run(next() < 0.7 ? { max_record_count: 1 + below(15) } : {});
      }
      for (const [n, writer] of writers.entries()) if (open[n]) await writer.query('COMMIT');
      await run({});
      let rows = 0;
      for (const name of Object.keys(TABLES) as Name[]) {
        const found = await reader.query(`SELECT * FROM ${name} ORDER BY id`);
        const wrong = found.rows.filter((row) => target[name].get(row.id) !== JSON.stringify(row));
        expect([name, wrong]).toEqual([name, []]);
        rows += found.rows.length;
      }
      process.stdout.write(
        `${rounds} runs of 3 streams beside ${WRITERS} writers: ${rows} rows, ${sent} records, none is missing (seed ${seed})\n`,
      );
      const again = sent;
      await run({});
      expect(sent).toBe(again);
    },
    Math.max(120_000, rounds * 4_000),
  );
});
