import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { checkins, HEADER } from '../../examples/checkins/generate.mjs';
import { findMeltano, meltanoProject, type MeltanoProject } from '../support/meltano.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { root, run, type Finished } from '../support/processes.ts';

const DATA = '.cache/demo/checkins.csv';
const ROWS = 'user,timestamp,hours,project\nann,2024-01-01,1.5,alpha\nbo,2024-01-02,2,beta\n';
const MORE = 'cy,2024-01-03,3,alpha\n';
const STATE_ID = { postgres: 'dev:tap-csv-to-target-postgres', jsonl: 'dev:tap-csv-to-target-jsonl' };

const found = await findMeltano();
if ('missing' in found) {
  describe.skip(`Meltano (skipped: ${found.missing})`, () => {
    test('runs our plugins', () => undefined);
  });
} else {
  withMeltano(found.path);
}

function withMeltano(meltano: string): void {
  describe('Meltano, our project file', () => {
    test('[164] is valid by Meltano’s own schema and names no pip_url and no outdated kind', async () => {
      const code =
        'import json, pathlib, yaml, meltano.schemas as s; ' +
        'print(json.dumps([json.loads((pathlib.Path(list(s.__path__)[0]) / "meltano.schema.json").read_text()), yaml.safe_load(open("meltano.yml"))]))';
      const { stdout, stderr } = await run(join(dirname(meltano), 'python'), ['-c', code], { cwd: root });
      expect(stderr).toBe('');
      const [schema, project] = JSON.parse(stdout) as [object, ProjectFile];
      const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
      expect(ajv.validate(schema, project), ajv.errorsText()).toBe(true);
      const plugins = Object.values(project.plugins).flat();
      expect(plugins.map(({ name }) => name).sort()).toEqual([
        'tap-csv',
        'tap-github',
        'tap-postgres',
        'target-bigquery',
        'target-jsonl',
        'target-postgres',
        'transform-records',
      ]);
      for (const plugin of plugins) {
        expect(plugin).not.toHaveProperty('pip_url');
        for (const { kind } of plugin.settings) expect(['decimal', 'password', 'hidden']).not.toContain(kind);
      }
    });

    test('[165] meltano install succeeds and finds nothing to install', async () => {
      const { status, stderr } = await meltanoProject(meltano).meltano(['install']);
      expect(stderr).toMatch(/Skipped installing 7\/7 plugins/);
      expect(status).toBe(0);
    });

    test('[166] meltano select lists every property with its status', async () => {
      const project = prepared(meltano);
      const { stdout } = await succeeded(
        project.meltano(['select', 'tap-csv', '--list', '--all'], { TAP_CSV_FILES: files(['user']) }),
      );
      const listed = Object.fromEntries(
        Array.from(stdout.matchAll(/\[(\w+) *\] (checkins\.\S+)/g), ([, status, name]) => [name, status]),
      );
      expect(listed).toEqual({
        'checkins.user': 'automatic',
        'checkins.timestamp': 'selected',
        'checkins.hours': 'selected',
        'checkins.project': 'selected',
      });
    });

    test('[176] meltano invoke gives the catalog of a thousand streams', async () => {
      const project = prepared(meltano);
      const names = Array.from({ length: 1000 }, (_, n) => `t${n}`);
      for (const name of names) project.write(`many/${name}.csv`, 'a,b\n1,2\n');
      const entries = names.map((name) => ({ entity: name, path: `many/${name}.csv` }));
      const { stdout } = await succeeded(
        project.meltano(['invoke', 'tap-csv', '--discover'], { TAP_CSV_FILES: JSON.stringify(entries) }),
      );
      const catalog = JSON.parse(stdout) as { streams: { tap_stream_id: string }[] };
      expect(catalog.streams.map((stream) => stream.tap_stream_id).sort()).toEqual(names.sort());
    });
  });

  describe('Meltano, CSV to JSON lines', () => {
    const lines = (project: MeltanoProject, stream: string): unknown[] =>
      project
        .read(`output/${stream}.jsonl`)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);

    test('[167] meltano config test passes for tap and target', async () => {
      const project = prepared(meltano);
      // More than a pipe holds: Meltano stops the tap at the first record, and fails by itself when the tap has ended before.
      project.write(DATA, `${ROWS}${MORE.repeat(20_000)}`);
      await succeeded(project.meltano(['--environment=dev', 'config', 'test', 'tap-csv']));
      await passesLoaderTest(project.meltano(['--environment=dev', 'config', 'test', 'target-jsonl']));
    });

    test('[168] the second run starts from the state of the first', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
      project.write(DATA, ROWS + MORE);
      project.calls();
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
      expect(project.calls().filter((call) => call.startsWith('tap-csv') && !call.includes('--discover'))).toEqual([
        expect.stringContaining('--state'),
      ]);
      expect(lines(project, 'checkins')).toHaveLength(3);
      expect((await succeeded(project.meltano(['state', 'list']))).stdout).toContain(STATE_ID.jsonl);
    });

    test('[169] a full refresh of one stream gets no state and keeps the bookmarks of the other', async () => {
      const project = prepared(meltano);
      const env = { TAP_CSV_FILES: files([], ['one', 'two']) };
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], env));
      project.calls();
      await succeeded(
        project.meltano(['run', '--full-refresh', 'tap-csv', 'target-jsonl'], { ...env, TAP_CSV__SELECT_FILTER: '["one"]' }),
      );
      expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
      expect(lines(project, 'one')).toHaveLength(4);
      expect(lines(project, 'two')).toHaveLength(2);
      const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]));
      const { bookmarks } = (JSON.parse(stdout) as SingerState).singer_state;
      expect(Object.keys(bookmarks).sort()).toEqual(['one', 'two']);
    });

    test('[170] the state strategy merge gives the state that auto gives', async () => {
      const states: unknown[] = [];
      for (const strategy of ['auto', 'merge']) {
        const project = prepared(meltano);
        await succeeded(project.meltano(['run', '--state-strategy', strategy, 'tap-csv', 'target-jsonl']));
        project.write(DATA, ROWS + MORE);
        await succeeded(project.meltano(['run', '--state-strategy', strategy, 'tap-csv', 'target-jsonl']));
        const { stdout } = await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]));
        states.push(JSON.parse(stdout.replaceAll(/"mtime\w*": *[^,}]+/g, '"mtime":0')));
      }
      expect(states[1]).toEqual(states[0]);
    });

    test('[171] with a catalog from catalogs/ nothing is discovered and the file alone is followed', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], { TAP_CSV__CATALOG: 'catalogs/checkins.json' }));
      expect(project.calls().filter((call) => call.includes('--discover'))).toEqual([]);
      expect(lines(project, 'checkins')).toEqual([
        { timestamp: '2024-01-01', hours: '1.5', project: 'alpha' },
        { timestamp: '2024-01-02', hours: '2', project: 'beta' },
      ]);
    });

    test('[172] settings from the environment reach the plugins: lists, objects, booleans', async () => {
      const project = prepared(meltano);
      project.write('elsewhere.csv', 'a;b\n1;2\n');
      const env = {
        TAP_CSV_FILES: JSON.stringify([{ entity: 'other', path: 'elsewhere.csv', delimiter: ';' }]),
        TAP_CSV_ADD_METADATA_COLUMNS: 'true',
        TARGET_JSONL_DESTINATION_PATH: 'deep/er',
        TARGET_JSONL_CUSTOM_NAME: 'named',
      };
      mkdirSync(join(project.folder, 'deep/er'), { recursive: true });
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], env));
      expect(JSON.parse(project.read('deep/er/named.jsonl'))).toMatchObject({ a: '1', b: '2', _sdc_source_lineno: 2 });
    });

    test('[177] with --log-level=debug the plugins log debug lines and the run still passes', async () => {
      const project = prepared(meltano);
      const { stderr } = await succeeded(project.meltano(['--log-level=debug', 'run', 'tap-csv', 'target-jsonl']));
      expect(stderr).toMatch(/\[debug +\].*tap-csv/);
      expect(lines(project, 'checkins')).toHaveLength(2);
    });

    test('[178] levels and metrics of tap and target show as such', async () => {
      const project = prepared(meltano);
      const { stderr } = await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl']));
      for (const name of ['tap-csv', 'target-jsonl']) {
        const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes(name));
        expect(
          metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=2\b/.test(line)),
          metrics.join('\n'),
        ).toBe(true);
      }
    });
  });

  describe('Meltano, a mapping between CSV and JSON lines', () => {
    const CLEANED = [
      { user: 'ann', timestamp: '2024-01-01T00:00:00Z', hours: 1.5, project: 'alpha' },
      { user: 'bo', timestamp: '2024-01-02T00:00:00Z', hours: 2, project: 'beta' },
    ];
    const records = (project: MeltanoProject, stream = 'checkins'): Record<string, unknown>[] =>
      project
        .read(`output/${stream}.jsonl`)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const pipe = ['run', 'tap-csv', 'clean-checkins', 'target-jsonl'];

    test('[107] the config that Meltano merges is all the mapper gets, and enough', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(pipe));
      expect(project.calls().filter((call) => call.startsWith('transform-records'))).toEqual([
        expect.stringMatching(/^transform-records --config (?:(?! -).)+$/),
      ]);
      expect(records(project)).toEqual(
        CLEANED.map((record) => ({ ...record, checkin_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string })),
      );
    });

    test('[172] [173] settings of the mapper from the environment are laid under the mapping: objects, and their members', async () => {
      const project = prepared(meltano);
      project.write(DATA, `${ROWS},2024-01-03,3,alpha\ncy,some day,4,alpha\n`);
      const env = {
        TRANSFORM_RECORDS_QUARANTINE: JSON.stringify({ stream: 'refused' }),
        TRANSFORM_RECORDS_DEFAULTS: '{"zone": "UTC"}',
      };
      await succeeded(project.meltano(pipe, env));
      expect(records(project)).toHaveLength(2);
      expect(records(project, 'refused').map((record) => record['_q_rule'])).toEqual(['required', 'datetime-format']);
    });

    test('[168] the second run starts from the state of the first, which has passed the mapper', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(pipe));
      project.write(DATA, ROWS + MORE);
      await succeeded(project.meltano(pipe));
      expect(records(project).map(({ user }) => user)).toEqual(['ann', 'bo', 'cy']);
      expect((await succeeded(project.meltano(['state', 'list']))).stdout).toContain(STATE_ID.jsonl);
    });

    test('[174] [175] when the mapper fails the run fails, and the next one loads what is missing', async () => {
      const project = prepared(meltano);
      await succeeded(project.meltano(pipe));
      project.write(DATA, `${ROWS + MORE}dee,2024-01-04,four,alpha\n`);
      const failed = await project.meltano(pipe, { TRANSFORM_RECORDS_QUARANTINE: '{"max": 0}' });
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain('too-many-quarantined');
      project.write(DATA, `${ROWS + MORE}dee,2024-01-04,4,alpha\n`);
      await succeeded(project.meltano(pipe));
      expect(new Set(records(project).map(({ user }) => user))).toEqual(new Set(['ann', 'bo', 'cy', 'dee']));
    });

    test('[177] [178] levels and metrics of the mapper show as such, debug too', async () => {
      const project = prepared(meltano);
      const { stderr } = await succeeded(project.meltano(['--log-level=debug', ...pipe]));
      const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes('transform-records'));
      expect(
        metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=2\b/.test(line)),
        metrics.join('\n'),
      ).toBe(true);
      expect(stderr).toMatch(/\[info +\].*transform-records.*Transformed/);
    });
  });

  describe('Meltano, failures before and in target-jsonl', () => {
    test('[174] when the tap fails in mid-run the run fails and the stored state is the last committed one', async () => {
      const project = prepared(meltano);
      const many = Array.from({ length: 30_000 }, (_, n) => `u${n},2024-01-01,1,${'p'.repeat(100)}\n`).join('');
      const own = {
        TARGET_JSONL_BATCH_SIZE_ROWS: '1000',
        TAP_CSV_STATE_INTERVAL_RECORDS: '1000',
        TAP_CSV_FILES: JSON.stringify([{ entity: 'checkins', path: DATA, strict: true }]),
      };
      project.write(DATA, `user,timestamp,hours,project\n${many}one cell too many,2,3,4,5\n`);
      expect((await project.meltano(['run', 'tap-csv', 'target-jsonl'], own)).status).toBe(1);
      const covered = rowsCovered((await succeeded(project.meltano(['state', 'get', STATE_ID.jsonl]))).stdout);
      const users = (): string[] =>
        project
          .read('output/checkins.jsonl')
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { user: string }).user);
      expect(covered).toBeGreaterThan(0);
      expect(users().length).toBeGreaterThanOrEqual(covered);
      project.write(DATA, `user,timestamp,hours,project\n${many}`);
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], own));
      expect(new Set(users()).size).toBe(30_000);
    });

    test('[175] when the target fails nothing is left that hinders the next run', async () => {
      const project = prepared(meltano);
      project.write('blocked', 'a file where the folder should be');
      const own = { TARGET_JSONL_DESTINATION_PATH: 'blocked/deep' };
      expect((await project.meltano(['run', 'tap-csv', 'target-jsonl'], own)).status).toBe(1);
      rmSync(join(project.folder, 'blocked'));
      await succeeded(project.meltano(['run', 'tap-csv', 'target-jsonl'], own));
      expect(project.read('blocked/deep/checkins.jsonl').trimEnd().split('\n')).toHaveLength(2);
      expect(readdirSync(join(project.folder, 'blocked/deep')).filter((name) => !name.startsWith('.'))).toEqual([
        'checkins.jsonl',
      ]);
    });
  });

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
}

interface ProjectFile {
  readonly plugins: Readonly<Record<string, readonly { name: string; settings: readonly { kind: string }[] }[]>>;
}

interface SingerState {
  readonly singer_state: { readonly bookmarks: Readonly<Record<string, { files?: Record<string, { rows: number }> }>> };
}

/** A project with the demo's file in place. */
function prepared(meltano: string): MeltanoProject {
  const project = meltanoProject(meltano);
  for (const path of [DATA, 'one.csv', 'two.csv']) project.write(path, ROWS);
  mkdirSync(join(project.folder, 'output'));
  return project;
}

/** `files` of tap-csv as environment text: the demo's file, or one file of its own per stream. */
function files(keys: readonly string[], streams: readonly string[] = []): string {
  const entries = streams.map((entity) => ({ entity, path: `${entity}.csv`, keys }));
  return JSON.stringify(entries.length > 0 ? entries : [{ entity: 'checkins', path: DATA, keys }]);
}

async function succeeded(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.status, finished.stderr.slice(-4000)).toBe(0);
  return finished;
}

/**
 * Meltano says this when the loader ended with 0 and printed no line with an error. What it does next is not asked: 4.4.1 ends
 * the process that has ended and, by chance, stumbles over that (ProcessLookupError), with a loader that is a mere `cat`, too.
 */
async function passesLoaderTest(running: Promise<Finished>): Promise<void> {
  const { status, stderr } = await running;
  expect(stderr).toContain('Test data was written to your target system');
  if (status !== 0) expect(stderr).toContain('ProcessLookupError');
}

function rowsCovered(state: string): number {
  const { bookmarks } = (JSON.parse(state) as SingerState).singer_state;
  return Object.values(bookmarks['checkins']?.files ?? {}).reduce((sum, file) => sum + file.rows, 0);
}

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
