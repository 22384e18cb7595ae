import { describe, expect, test } from 'vitest';
import type { JobReference } from '../../../clients/bigquery/resources.ts';
import type { BigQueryDouble, Fault } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { nothingSaid } from '../../support/through.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: ['string', 'null'] } });
const person = (id: number, name: string | null): object => record('people', { id, name });
const plain = { add_record_metadata: false };
const upsert = { ...plain, load_method: 'upsert' };
const people = (double: BigQueryDouble): unknown[] =>
  double
    .rows('d', 'people')
    .map(({ id, name }) => [id, name])
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
/** A table that has rows, so that others meet them by their key. */
const AGREED = [PEOPLE, person(1, 'Ada'), person(2, 'Bob'), state({ at: 0 })];
const jobs = (double: BigQueryDouble, work: string): string[] =>
  [...double.jobs.keys()].filter((id) => id.startsWith(`tapline_${work}_`));
const stages = (double: BigQueryDouble): string[] =>
  [...double.datasets.get('d')!.tables.keys()].filter((name) => name.includes('__tapline'));

describe('upsert', () => {
  test('costs one load job and one MERGE for each stream and flush; the first into a new table none', async () => {
    const double = await startDouble();
    const first = await loadInto(double, AGREED, { settings: upsert });
    expect([...double.jobs.values()].map(({ configuration }) => configuration?.load?.writeDisposition)).toEqual(['WRITE_EMPTY']);
    expect(first.summaries.get('people')).toMatchObject({ inserted: 2 });
    double.jobs.clear();
    const next = await loadInto(
      double,
      [PEOPLE, person(2, 'x'), person(3, 'Cy'), person(2, 'B'), person(1, 'Ada'), state({ at: 1 })],
      {
        settings: upsert,
      },
    );
    expect(next.summaries.get('people')).toMatchObject({ inserted: 1, updated: 1, unchanged: 2 });
    expect([...double.jobs.keys()]).toEqual([expect.stringMatching(/^tapline_load_/), expect.stringMatching(/^tapline_merge_/)]);
    expect(people(double)).toEqual([
      ['1', 'Ada'],
      ['2', 'B'],
      ['3', 'Cy'],
    ]);
    expect(stages(double)).toEqual([]);
  });

  test('a key that comes twice into a new table ends as one row', async () => {
    const double = await startDouble();
    const said = await loadInto(double, [PEOPLE, person(1, 'a'), person(2, 'b'), person(1, 'c'), state({ at: 1 })], {
      settings: upsert,
    });
    expect(people(double)).toEqual([
      ['1', 'c'],
      ['2', 'b'],
    ]);
    expect(said.states).toEqual(['{"at":1}']);
    expect([jobs(double, 'load').length, jobs(double, 'merge').length, double.jobs.size]).toEqual([1, 1, 2]);
  });

  test('rows that came proven one per key are older than the one that broke the proof, also where a unit ends between', async () => {
    const double = await startDouble();
    const rows = Array.from({ length: 40 }, (_, i) => [person(i % 10, `v${i}`), state({ at: i })]).flat();
    await loadInto(double, [PEOPLE, ...rows], { settings: { ...upsert, batch_size_rows: 3 } });
    expect([jobs(double, 'load').length, jobs(double, 'merge').length, double.jobs.size]).toEqual([1, 1, 2]);
    expect(people(double)).toEqual(Array.from({ length: 10 }, (_, i) => [String(i), `v${i + 30}`]));
  });

  test('the stage expires by itself, a day after it was made or later, lies by key and bears a label', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    const before = Date.now();
    await loadInto(double, AGREED, { settings: { ...upsert, temporary_table_expiration_hours: 24 } });
    const made = double.asked.findLast(({ method, path }) => method === 'POST' && path.endsWith('/tables'))!.body as {
      readonly expirationTime: string;
    };
    expect(Number(made.expirationTime)).toBeGreaterThanOrEqual(before + 24 * 3_600_000);
    expect(made).toMatchObject({ clustering: { fields: ['id'] }, labels: { tapline_stage: expect.stringMatching(/./) } });
    expect(made).not.toHaveProperty('timePartitioning');
  });

  test('a table that is made is clustered by its key, has no partitions and notes the key; with a granularity it has partitions', async () => {
    for (const more of [{}, { partition_granularity: 'day' }, { partition_expiration_days: 3 }]) {
      const double = await startDouble();
      await loadInto(double, AGREED, { settings: { load_method: 'upsert', ...more } });
      const { resource } = double.datasets.get('d')!.tables.get('people')!;
      expect(resource).toMatchObject({ clustering: { fields: ['id'] }, labels: { tapline_key: 'id' } });
      expect(resource.timePartitioning?.field).toBe(Object.keys(more).length === 0 ? undefined : '_sdc_batched_at');
    }
  });

  test('a merge reads only the partitions of its rows where the key has the column', async () => {
    const double = await startDouble();
    const DAYS = schema('days', { id: { type: 'integer' }, day: { type: 'string', format: 'date' } }, ['id', 'day']);
    const fields = [
      { name: 'id', type: 'INTEGER' },
      { name: 'day', type: 'DATE' },
    ];
    double.make('d', 'days', { schema: { fields }, timePartitioning: { type: 'DAY', field: 'day' }, numRows: '1' });
    await loadInto(double, [DAYS, record('days', { id: 1, day: '2026-02-03' }), record('days', { id: 1, day: '2026-01-02' })], {
      settings: { ...upsert },
    });
    await loadInto(double, [DAYS, record('days', { id: 1, day: '2026-02-03' }), record('days', { id: 1, day: '2026-01-02' })], {
      settings: { ...upsert },
    });
    const sql = double.asked.findLast(({ path, body }) => path.endsWith('/jobs') && body !== undefined)!.body;
    expect(JSON.stringify(sql)).toContain("T.`day` BETWEEN DATE '2026-01-02' AND DATE '2026-02-03'");
    expect(double.rows('d', 'days')).toHaveLength(2);
  });

  test('streams that z3z1ma’s patterns select; without a key, or with load_method, they do not count', async () => {
    const settings = { ...plain, upsert: ['a*', '!ab*', 'abc', '[xy]?'], overwrite: ['o*'] };
    const expected = { a1: 1, ab1: 2, abc: 1, x1: 1, z1: 2, o1: 1, nokey: 2 };
    for (const [stream, rows] of Object.entries(expected)) {
      const double = await startDouble();
      const SCHEMA = schema(stream, { id: { type: 'integer' } }, stream === 'nokey' ? [] : ['id']);
      for (const at of [1, 2]) await loadInto(double, [SCHEMA, record(stream, { id: 1 }), state({ at })], { settings });
      expect([stream, double.rows('d', stream).length]).toEqual([stream, rows]);
    }
    const double = await startDouble();
    for (const at of [1, 2])
      await loadInto(double, [PEOPLE, person(1, 'a'), state({ at })], {
        settings: { ...plain, upsert: true, load_method: 'append-only' },
      });
    expect(double.rows('d', 'people')).toHaveLength(2);
  });

  test('[134] other keys than the table was made for end the run before any row is written', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    const OTHER = schema('people', { id: { type: 'integer' }, name: { type: 'string' } }, ['name']);
    const said = nothingSaid();
    const run = loadInto(double, [OTHER, person(3, 'Ada'), state({ at: 9 })], { settings: upsert, said });
    await expect(run).rejects.toMatchObject({ code: 'key-changed', facts: { keys: ['id'], needed: ['name'] } });
    expect(said.states).toEqual([]);
    expect(people(double)).toHaveLength(2);
  });

  test('fifty streams are loaded and merged at the same time', async () => {
    const double = await startDouble({ looks: 2 });
    const streams = Array.from({ length: 50 }, (_, i) => `s${i}`);
    const messages = streams.flatMap((stream) => [schema(stream, { id: { type: 'integer' } }), record(stream, { id: 1 })]);
    await loadInto(double, [...messages, state({ at: 1 })], { settings: upsert });
    double.asked.length = 0;
    const said = await loadInto(double, [...messages, state({ at: 2 })], { settings: upsert });
    expect(said.states).toEqual(['{"at":2}']);
    expect(jobs(double, 'merge')).toHaveLength(50);
    // All merges are handed in before the first one is seen done for the third time.
    const handedIn = double.asked.flatMap(({ method, path, body }, at) =>
      method === 'POST' && path.endsWith('/jobs') && body ? [at] : [],
    );
    const looks = new Map<string, number>();
    const firstDone = double.asked.findIndex(({ path }) => {
      if (!/\/jobs\/tapline_merge/.test(path)) return false;
      looks.set(path, (looks.get(path) ?? 0) + 1);
      return looks.get(path) === 3;
    });
    expect(handedIn.filter((at) => at < firstDone).length).toBeGreaterThan(40);
  }, 120_000);
});

describe('upsert when something goes wrong', () => {
  const NEXT = [PEOPLE, person(2, 'B'), person(3, 'Cy'), state({ at: 1 })];
  const RESULT = [
    ['1', 'Ada'],
    ['2', 'B'],
    ['3', 'Cy'],
  ];
  const cases: readonly (readonly [string, Fault])[] = [
    ['rate limits', { status: 403, reason: 'rateLimitExceeded' }],
    ['a lost answer', { status: 500, reason: 'internalError', after: true }],
    ['a connection cut after', { cut: 'after' }],
  ];

  test.each(cases)(
    '[148] %s, once at each request of a run: no row is lost or doubled, no merge done twice',
    async (_, fault) => {
      const asked: string[] = [];
      const double = await startDouble({ looks: 1 });
      await loadInto(double, AGREED, { settings: upsert });
      double.fault = ({ method, path, headers }) => {
        const request = `${method} ${path.replace(/tapline_.*/, '')} ${headers['content-range'] ?? ''}`;
        if (asked.includes(request)) return undefined;
        asked.push(request);
        return fault;
      };
      const said = await loadInto(double, NEXT, { settings: upsert });
      expect(people(double)).toEqual(RESULT);
      expect(said.states).toEqual(['{"at":1}']);
      expect(jobs(double, 'merge')).toHaveLength(1);
      expect(asked.length).toBeGreaterThan(6);
    },
  );

  test('a run that is killed at any request is taken up by the next one of its run_id: equal rows, and no job done anew that was done', async () => {
    const settings = { ...upsert, run_id: 'nightly', max_retries: 0 };
    for (let at = 1, killed = true; killed; at++) {
      const double = await startDouble();
      await loadInto(double, AGREED, { settings: upsert });
      let requests = 0;
      double.fault = () => (++requests === at ? { cut: 'after' } : requests > at ? { cut: 'before' } : undefined);
      const said = nothingSaid();
      await loadInto(double, NEXT, { settings, said }).catch(() => undefined);
      killed = said.states.length === 0;
      double.fault = () => undefined;
      const done = new Map(double.jobs);
      const again = await loadInto(double, NEXT, { settings });
      expect(people(double)).toEqual(RESULT);
      expect(again.states).toEqual(['{"at":1}']);
      expect(stages(double)).toEqual([]);
      expect(jobs(double, 'merge').length).toBe(1);
      for (const id of done.keys()) expect([...double.jobs.keys()]).toContain(id);
      expect(at).toBeLessThan(40);
    }
  }, 180_000);

  test('a stage that was dropped after its load job is filled again before the merge', async () => {
    const settings = { ...upsert, run_id: 'nightly', max_retries: 0 };
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    double.fault = ({ method, path, body }) =>
      method === 'POST' && path.endsWith('/jobs') && !path.startsWith('/upload') && body ? { cut: 'before' } : undefined;
    await loadInto(double, NEXT, { settings }).catch(() => undefined);
    const [stage] = stages(double);
    double.datasets.get('d')!.tables.delete(stage!);
    double.fault = () => undefined;
    await loadInto(double, NEXT, { settings });
    expect(people(double)).toEqual(RESULT);
  });

  test('a merge of an earlier run does not count after another batch was merged before it', async () => {
    const settings = { ...upsert, run_id: 'nightly', batch_size_rows: 1, load_interval_seconds: 0 };
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    const second = [person(1, 'second'), state({ at: 2 })];
    await loadInto(double, [PEOPLE, person(1, 'first'), state({ at: 1 }), ...second], { settings });
    expect(people(double)[0]).toEqual(['1', 'second']);
    // The source has changed: the batch before is another one, and the job of the second is found.
    await loadInto(double, [PEOPLE, person(1, 'other'), state({ at: 1 }), ...second], { settings });
    expect(people(double)[0]).toEqual(['1', 'second']);
  });

  test('a merge does not count after one was taken up that a run between has handed in later', async () => {
    const settings = { ...upsert, run_id: 'nightly', batch_size_rows: 1, load_interval_seconds: 0, max_retries: 0 };
    const double = await startDouble();
    const all = [PEOPLE, person(1, 'first'), state({ at: 1 }), person(1, 'second'), state({ at: 2 })];
    // The first rows go straight into the empty table; begun again, they are merged.
    await loadInto(double, all, { settings });
    let merged = false;
    double.fault = ({ method, path }) => {
      if (merged) return { cut: 'before' };
      merged = method === 'POST' && path.endsWith('/jobs') && !path.startsWith('/upload/');
      return merged ? { cut: 'after' } : undefined;
    };
    await loadInto(double, all, { settings }).catch(() => undefined);
    expect(people(double)).toEqual([['1', 'first']]);
    double.fault = () => undefined;
    await loadInto(double, all, { settings });
    expect(people(double)).toEqual([['1', 'second']]);
  });

  test('a merge does not count after a run between has merged batches that were cut otherwise', async () => {
    const one = { ...upsert, run_id: 'nightly', batch_size_rows: 1, load_interval_seconds: 0, max_retries: 0 };
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    const all = [
      [person(1, 'first'), state({ at: 1 })],
      [person(2, 'x'), state({ at: 2 })],
      [person(1, 'second'), state({ at: 3 })],
    ];
    await loadInto(double, [PEOPLE, ...all.flat()], { settings: one });
    // The first two in one batch; then the run dies.
    const between = { ...one, batch_size_rows: 2 };
    await loadInto(double, [PEOPLE, person(1, 'first'), ...all[1]!], { settings: between });
    expect(people(double)[0]).toEqual(['1', 'first']);
    await loadInto(double, [PEOPLE, ...all.flat()], { settings: one });
    expect(people(double)[0]).toEqual(['1', 'second']);
  });

  test('a merge of an earlier run does not count in a table that was made anew', async () => {
    const settings = { ...upsert, run_id: 'nightly' };
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    await loadInto(double, NEXT, { settings });
    double.datasets.get('d')!.tables.delete('people');
    await loadInto(double, [PEOPLE, person(9, 'x'), person(9, 'y'), state({ at: 0 })], { settings: upsert });
    await loadInto(double, NEXT, { settings });
    expect(people(double)).toEqual([
      ['2', 'B'],
      ['3', 'Cy'],
      ['9', 'y'],
    ]);
  });

  test('a new table that somebody else fills meanwhile is merged into', async () => {
    const double = await startDouble();
    double.fault = ({ method }) => {
      const table = double.datasets.get('d')?.tables.get('people');
      if (method === 'PUT' && table !== undefined && table.rows.length === 0) table.rows.push({ id: '1', name: 'theirs' });
      return undefined;
    };
    await loadInto(double, AGREED, { settings: upsert });
    expect(people(double)).toEqual([
      ['1', 'Ada'],
      ['2', 'Bob'],
    ]);
  });

  test('a merge that gives way to another one is tried again', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: upsert });
    let refused = 0;
    double.fault = ({ method, path, body }) => {
      const isMerge = method === 'POST' && path.endsWith('/jobs') && JSON.stringify(body ?? '').includes('MERGE');
      if (isMerge && refused++ === 0) {
        const id = (body as { jobReference: JobReference }).jobReference;
        double.jobs.set(id.jobId, {
          jobReference: id,
          looks: 0,
          status: {
            state: 'DONE',
            errorResult: {
              reason: 'invalidQuery',
              message: 'Could not serialize access to table people due to concurrent update',
            },
          },
        });
      }
      return undefined;
    };
    await loadInto(double, NEXT, { settings: upsert });
    expect(people(double)).toEqual(RESULT);
  });
});

describe('overwrite', () => {
  const overwrite = { ...plain, load_method: 'overwrite' };

  test('[150] one load job over the old rows, when the run is proven complete; until then they are there', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: overwrite });
    double.jobs.clear();
    const said = nothingSaid();
    const cut = loadInto(double, [PEOPLE, person(7, 'x')], { settings: overwrite, said });
    await expect(cut).rejects.toMatchObject({ code: 'overwrite-incomplete' });
    expect(people(double)).toEqual([
      ['1', 'Ada'],
      ['2', 'Bob'],
    ]);
    expect([...double.jobs.keys()]).toEqual([]);
    await loadInto(double, [PEOPLE, person(8, 'y'), state({ at: 1 })], { settings: overwrite });
    expect(people(double)).toEqual([['8', 'y']]);
    expect([...double.jobs.values()].map(({ configuration }) => configuration?.load?.writeDisposition)).toEqual([
      'WRITE_TRUNCATE_DATA',
    ]);
    await loadInto(double, [PEOPLE, person(9, 'z')], { settings: { ...overwrite, overwrite_on_eof: true } });
    expect(people(double)).toEqual([['9', 'z']]);
  });

  test('states wait for the end while rows are collected, and nothing of them is seen', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: overwrite });
    let seen: unknown[] = [];
    double.fault = ({ path }) => {
      if (/replace/.test(path)) seen = people(double);
      return undefined;
    };
    const rows = Array.from({ length: 20 }, (_, i) => [person(i, 'x'), state({ at: i })]).flat();
    const said = await loadInto(double, [PEOPLE, ...rows], {
      settings: { ...overwrite, batch_size_rows: 2, load_interval_seconds: 0 },
    });
    expect(said.states).toEqual(['{"at":19}']);
    expect(said.summaries.get('people')).toMatchObject({ replaced: 20 });
    expect(seen.length === 0 || seen.length === 20).toBe(true);
    expect(people(double)).toHaveLength(20);
    expect(jobs(double, 'replace').length).toBe(2);
    expect(stages(double)).toEqual([]);
  });

  test('a server that knows no WRITE_TRUNCATE_DATA replaces by one statement', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: overwrite });
    double.dispositions = new Set(['WRITE_APPEND']);
    const said = await loadInto(double, [PEOPLE, person(8, 'y'), person(9, 'z'), state({ at: 1 })], { settings: overwrite });
    expect(people(double)).toEqual([
      ['8', 'y'],
      ['9', 'z'],
    ]);
    expect(said.summaries.get('people')).toMatchObject({ replaced: 2 });
  });

  test('of equal keys the last one counts, without a key all rows do', async () => {
    const double = await startDouble();
    const twice = [person(1, 'a'), person(1, 'b'), state({ at: 1 })];
    await loadInto(double, [PEOPLE, ...twice], { settings: overwrite });
    expect(people(double)).toEqual([['1', 'b']]);
    const KEYLESS = schema('people', { id: { type: 'integer' }, name: { type: 'string' } }, []);
    await loadInto(double, [KEYLESS, ...twice], { settings: overwrite });
    expect(people(double)).toEqual([
      ['1', 'a'],
      ['1', 'b'],
    ]);
  });

  test('a SCHEMA that changes on the way: the table gets all columns, rows have null where theirs had none', async () => {
    const double = await startDouble();
    const one = schema('people', { id: { type: 'integer' } });
    const two = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
    await loadInto(double, [one, record('people', { id: 1 }), two, person(2, 'b'), state({ at: 1 })], { settings: overwrite });
    expect(people(double)).toEqual([
      ['1', null],
      ['2', 'b'],
    ]);
  });

  test('the last row of a key counts also where a SCHEMA or an activated version stands between', async () => {
    const one = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
    const two = schema('people', { id: { type: 'integer' }, name: { type: 'string' }, more: { type: 'string' } });
    const versioned = (id: number, name: string): object => ({ ...person(id, name), version: 1 });
    const between = [[two], [{ type: 'ACTIVATE_VERSION', stream: 'people', version: 1 }]];
    for (const messages of between) {
      const double = await startDouble();
      const [before, after] = [
        [3, 1, 2],
        [2, 3, 1],
      ].map((ids, i) => ids.map((id) => versioned(id, `v${i}`)));
      await loadInto(double, [one, ...before!, ...messages, ...after!, state({ at: 1 })], {
        settings: { load_method: 'overwrite' },
      });
      expect(people(double)).toEqual([
        ['1', 'v1'],
        ['2', 'v1'],
        ['3', 'v1'],
      ]);
    }
  });

  test('a stream without a record leaves its rows, or empties its table where that is allowed', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: overwrite });
    const said = await loadInto(double, [PEOPLE, state({ at: 1 })], { settings: overwrite });
    expect(people(double)).toHaveLength(2);
    expect(said.infos.map(({ message }) => message)).toContain('No record came: the rows stay as they are');
    await loadInto(double, [PEOPLE, state({ at: 2 })], { settings: { ...overwrite, allow_empty_overwrite: true } });
    expect(people(double)).toEqual([]);
  });
});

describe('the view over whole records', () => {
  const raw = { ...plain, denormalized: false, generate_view: true };
  const queryOf = (double: BigQueryDouble): string => double.datasets.get('d')!.tables.get('people_view')!.resource.view!.query!;

  test('is made with the table, follows the stream, and is left alone while it shows what it should', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: raw });
    expect(queryOf(double)).toBe("SELECT `id` AS `id`, JSON_VALUE(`data`['name']) AS `name` FROM `test`.`d`.`people`");
    const said = await loadInto(double, AGREED, { settings: raw });
    expect(double.count('PATCH', /people_view$/)).toBe(0);
    expect(said.infos.map(({ message }) => message)).not.toContain('Made a view');
    await loadInto(double, [schema('people', { id: { type: 'integer' }, born: { type: 'string', format: 'date' } })], {
      settings: raw,
    });
    expect(queryOf(double)).toContain("SAFE_CAST(JSON_VALUE(`data`['born']) AS DATE) AS `born`");
  });

  test('is not asked for where records have columns, and never takes the place of a table or another view', async () => {
    const double = await startDouble();
    await loadInto(double, AGREED, { settings: { ...raw, denormalized: true } });
    expect(double.datasets.get('d')!.tables.has('people_view')).toBe(false);
    const fields = [{ name: 'id', type: 'INTEGER' }];
    for (const there of [{ schema: { fields } }, { type: 'VIEW', view: { query: 'SELECT 1 AS id' }, schema: { fields } }]) {
      double.make('d', 'people_view', there);
      await expect(loadInto(double, [PEOPLE, person(1, 'a')], { settings: raw })).rejects.toMatchObject({ code: 'view-taken' });
      expect(double.fields('d', 'people_view')).toEqual(fields);
      double.datasets.get('d')!.tables.clear();
    }
  });
});
