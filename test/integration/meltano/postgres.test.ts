import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithMeltano, succeeded } from '../../support/meltano.ts';
import { checkins, HEADER } from '../../../examples/checkins/generate.mjs';
import { describeWithPostgres } from '../../support/postgres.ts';
import { DATA, files, MORE, passesLoaderTest, prepared, rowsCovered, ROWS, type SingerState, STATE_ID } from './csv-project.ts';

await describeWithMeltano('Meltano', (meltano) => {
  describeWithPostgres('Meltano, CSV to Postgres', (url) => {
    const env = (): Record<string, string> => ({ TARGET_POSTGRES_URL: url() });
    /** Each test its own schema: the default one has the tap's name for all. */
    const query = async <Row extends object>(sql: string): Promise<Row[]> => {
      const client = new Client({ connectionString: url() });
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end();
      }
    };

    test('[167] meltano config test passes for the target', async () => {
      await passesLoaderTest(prepared(meltano).meltano(['--environment=dev', 'config', 'test', 'target-postgres'], env()));
    });

    test('[168] the project’s job moves only what is new in its second run, into the schema named after the tap', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(['run', 'demo'], env()));
      expect(await query('SELECT "user", hours FROM tap_csv.checkins ORDER BY 1')).toEqual([
        { user: 'ann', hours: '1.5' },
        { user: 'bo', hours: '2' },
      ]);
      project.write(DATA, ROWS + MORE);
      await succeeded(project.meltano(['run', 'demo'], env()));
      await succeeded(project.meltano(['run', 'demo'], env()));
      expect(await query('SELECT count(*)::int AS rows FROM tap_csv.checkins')).toEqual([{ rows: 3 }]);
      expect(project.read(`state/${STATE_ID.postgres}/state.json`)).toContain('"bookmarks"');
    });

    test('[168] check-ins are cleaned on the way: each is loaded or put aside, times as an independent reading has them, twice the same', async () => {
      const project = prepared(meltano);
      const rows = [...checkins({ rows: 3000 })];
      project.write(DATA, [HEADER, ...rows, ''].join('\n'));
      const own = {
        ...env(),
        TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'cleaned',
        TARGET_POSTGRES_LOAD_METHOD: 'upsert',
      };
      const table = (): Promise<object[]> =>
        query(
          `SELECT checkin_id, "user", to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at, hours::text, project FROM cleaned.checkins ORDER BY 1`,
        );
      await succeeded(project.meltano(['run', 'demo-clean'], own));
      const first = (await table()) as { at: string; user: string; hours: string; project: string }[];
      const aside = await query<{ record: string }>('SELECT record FROM cleaned.checkins__quarantine');
      const told = ({ user, at, hours, project: what }: (typeof first)[number]): string =>
        [user, at, Number(hours), what].join('|');
      const read = rows.map(readCheckin);
      expect(first.map(told).toSorted(byText)).toEqual(
        read
          .filter(({ user, at }) => user !== '' && at >= '2016')
          .map(told)
          .toSorted(byText),
      );
      const left = rows.filter((_, index) => read[index]!.user === '' || read[index]!.at < '2016');
      expect(left.length).toBeGreaterThan(0);
      const given = aside.map(({ record }) => Object.values(JSON.parse(record) as Record<string, string>).join());
      expect(given.toSorted(byText)).toEqual([...new Set(left)].toSorted(byText));
      await succeeded(project.meltano(['run', 'demo-clean'], own));
      expect(await table()).toEqual(first);
      await succeeded(project.meltano(['run', '--full-refresh', 'demo-clean'], own));
      expect(await table()).toEqual(first);
    });

    test('[169] a full refresh of one stream gets no state and keeps the bookmarks of the other', async () => {
      const project = prepared(meltano);
      const own = { ...env(), TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'refreshed', TAP_CSV_FILES: files([], ['one', 'two']) };
      await succeeded(project.meltano(['run', 'tap-csv', 'target-postgres'], own));
      project.calls();
      await succeeded(
        project.meltano(['run', '--full-refresh', 'tap-csv', 'target-postgres'], { ...own, TAP_CSV__SELECT_FILTER: '["one"]' }),
      );
      expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
      expect(
        await query('SELECT (SELECT count(*)::int FROM refreshed.one) AS one, (SELECT count(*)::int FROM refreshed.two) AS two'),
      ).toEqual([{ one: 4, two: 2 }]);
      const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.postgres]));
      expect(Object.keys((JSON.parse(stdout) as SingerState).singer_state.bookmarks).sort()).toEqual(['one', 'two']);
    });

    test('[170] the state strategy merge gives the state that auto gives', async () => {
      const project = prepared(meltano);
      const own = { ...env(), TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'merged' };
      const state = async (): Promise<unknown> =>
        JSON.parse((await succeeded(project.meltano(['state', 'get', STATE_ID.postgres]))).stdout);
      await succeeded(project.meltano(['run', '--state-strategy', 'merge', 'demo'], own));
      project.write(DATA, ROWS + MORE);
      await succeeded(project.meltano(['run', '--state-strategy', 'merge', 'demo'], own));
      const merged = await state();
      // Nothing is new: with auto, the state that leaves now takes the place of the merged one.
      await succeeded(project.meltano(['run', '--state-strategy', 'auto', 'demo'], own));
      expect(await state()).toEqual(merged);
      expect(await query('SELECT count(*)::int AS rows FROM merged.checkins')).toEqual([{ rows: 3 }]);
    });

    test('[172] [177] [178] settings from the environment, debug level, levels and metrics', async () => {
      const project = prepared(meltano);
      const own = {
        ...env(),
        TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'told',
        TARGET_POSTGRES_ADD_RECORD_METADATA: 'true',
        TARGET_POSTGRES_BATCH_SIZE_ROWS: '1',
        TARGET_POSTGRES_STREAM_OPTIONS: JSON.stringify({ 'check*': { validate_records: true } }),
      };
      const { stderr } = await succeeded(project.meltano(['--log-level=debug', 'run', 'demo'], own));
      expect(await query('SELECT count(_sdc_received_at)::int AS rows FROM told.checkins')).toEqual([{ rows: 2 }]);
      expect(stderr).toMatch(/\[debug +\].*target-postgres/);
      const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes('target-postgres'));
      expect(
        metrics.some((line) => /metric_name=record_count\b/.test(line)),
        metrics.join('\n'),
      ).toBe(true);
    });

    test('[174] when the tap fails in mid-run the run fails and the stored state is the last committed one', async () => {
      const project = prepared(meltano);
      const many = Array.from({ length: 30_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(100)}\n`).join('');
      const own = {
        ...env(),
        TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'failing',
        TARGET_POSTGRES_BATCH_SIZE_ROWS: '1000',
        TAP_CSV_STATE_INTERVAL_RECORDS: '1000',
      };
      const strict = { TAP_CSV_FILES: JSON.stringify([{ entity: 'checkins', path: DATA, strict: true }]) };
      project.write(DATA, `user,timestamp,hours,project\n${many}one cell too many,2,3,4,5\n`);
      const failed = await project.meltano(['run', 'demo'], { ...own, ...strict });
      expect(failed.status).toBe(1);
      const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.postgres]));
      const covered = rowsCovered(stdout);
      const [loaded] = await query<{ rows: number }>('SELECT count(*)::int AS rows FROM failing.checkins');
      expect(covered).toBeGreaterThan(0);
      expect(loaded?.rows).toBeGreaterThanOrEqual(covered);
      project.write(DATA, `user,timestamp,hours,project\n${many}`);
      await succeeded(project.meltano(['run', 'demo'], { ...own, ...strict }));
      expect(await query('SELECT count(DISTINCT "user")::int AS rows FROM failing.checkins')).toEqual([{ rows: 30_000 }]);
    });

    test('[175] when the target fails nothing is left that hinders the next run', async () => {
      const project = prepared(meltano);
      const own = { ...env(), TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'hindered' };
      await succeeded(project.meltano(['run', 'demo'], own));
      await query(`ALTER TABLE hindered.checkins ADD CONSTRAINT no_gamma CHECK (project <> 'gamma')`);
      project.write(DATA, `${ROWS}dee,2024-01-04,4,gamma\n`);
      const failed = await project.meltano(['run', 'demo'], own);
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain('breaks a constraint');
      expect(await query(`SELECT relname FROM pg_class WHERE relpersistence = 't' OR relname LIKE '%stage%'`)).toEqual([]);
      await query('ALTER TABLE hindered.checkins DROP CONSTRAINT no_gamma');
      await succeeded(project.meltano(['run', 'demo'], own));
      expect(await query('SELECT count(*)::int AS rows FROM hindered.checkins')).toEqual([{ rows: 3 }]);
    });
  });
});

const RUSSIAN = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ');
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A line of the check-ins, read by hand: its three kinds of times have nothing in common. */
function readCheckin(line: string): { user: string; at: string; hours: string; project: string } {
  const [user = '', time = '', hours = '', project = ''] = line.split(',');
  return { user: user.trim().toLowerCase(), at: readTime(time.trim()), hours, project: project.trim().toLowerCase() };
}

function readTime(text: string): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const iso = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? UTC$/.exec(text);
  if (iso !== null) return `${iso[1]}T${iso[2]}.${(iso[3] ?? '').padEnd(6, '0')}`;
  const american = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d) ([AP])M$/.exec(text);
  if (american !== null) {
    const [, month, day, year, hour, minute, half] = american;
    return `${year}-${month}-${day}T${two((Number(hour) % 12) + (half === 'P' ? 12 : 0))}:${minute}:00.000000`;
  }
  const russian = /^(\d{1,2}) (\S+) (\d{4}) (\d\d):(\d\d)$/.exec(text);
  if (russian === null) throw new Error(`No kind of time is ${text}`);
  const [, day, month, year, hour, minute] = russian;
  return `${year}-${two(RUSSIAN.indexOf(month!) + 1)}-${two(Number(day))}T${hour}:${minute}:00.000000`;
}
