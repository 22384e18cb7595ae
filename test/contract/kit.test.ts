import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  checks,
  checksFor,
  runCheck,
  statement,
  statements,
  type Config,
  type Source,
  type StoredRow,
  type Subject,
  type Verdict,
} from '../../check/index.ts';
import { prove } from './prove.ts';

const fixture = (name: string): [string] => [fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))];

/** What each fault of the tiny tap must be found by. */
const TAP_FAULTS: readonly (readonly [fault: string, number: number])[] = [
  ['chatty-discovery', 35],
  ['no-metadata', 40],
  ['unstable', 43],
  ['selects-all', 48],
  ['keeps-fields', 52],
  ['keeps-required', 52],
  ['late-schema', 63],
  ['wrong-type', 65],
  ['no-key', 66],
  ['no-time', 72],
  ['forgets', 76],
  ['repeats', 85],
  ['reads-stdin', 90],
  ['fails', 44],
];

/** What each fault of the tiny target must be found by. */
const TARGET_FAULTS: readonly (readonly [fault: string, number: number])[] = [
  ['chatter', 16],
  ['loses-rows', 110],
  ['doubles', 110],
  ['nags', 111],
  ['exits-0', 112],
  ['leaks', 112],
  ['commits-anyway', 112],
  ['stack', 18],
  ['no-schema', 18],
  ['eager', 136],
  ['rounds', 138],
  ['invents-state', 139],
  ['wipes', 140],
  ['no-keys', 143],
  ['state-anyway', 143],
  ['takes-fragments', 147],
];

/** What each fault of the tiny table must be found by. */
const TABLE_FAULTS: readonly (readonly [fault: string, number: number])[] = [
  ['never-deletes', 151],
  ['deletes-higher', 151],
  ['spares-versionless', 151],
  ['deletes-early', 152],
  ['trusts-the-end', 152],
  ['obeys', 153],
  ['deletes-early', 154],
  ['keeps-old', 155],
  ['drops-marks', 156],
  ['keeps-marked', 156],
  ['too-deep', 158],
  ['cuts-names', 158],
  ['first-file', 159],
  ['unchecked', 159],
  ['sdk-only', 160],
  ['reads-all', 161],
  ['mumbles', 161],
  ['tells-all', 161],
  ['hasty', 162],
  ['keeps-files', 162],
];

/** What each fault of the tiny mapper must be found by. */
const MAPPER_FAULTS: readonly (readonly [fault: string, number: number])[] = [
  ['knows-all', 94],
  ['hurries-states', 95],
  ['rewrites-states', 95],
  ['old-schema', 96],
  ['keeps-fields', 96],
  ['drops-keys', 97],
  ['forgets-versions', 98],
  ['filters-versions', 99],
  ['keeps-batches', 100],
  ['passes-batches', 101],
  ['in-place', 101],
  ['rounds', 102],
  ['silent', 103],
  ['unkeyed', 104],
  ['one-key', 104],
  ['random', 104],
  ['leaks-odd', 105],
  ['tells-lines', 105],
  ['leaves-files', 105],
  ['fails-open', 106],
  ['tells-values', 106],
  ['only-stdin', 108],
  ['second-schema', 109],
];

describe('the statements', () => {
  test('are 186, numbered without a gap', () => {
    expect(statements.map(({ number }) => number)).toEqual(Array.from({ length: 186 }, (_, at) => at + 1));
    expect(statement(135).text).toContain('kill -9');
    expect(() => statement(187)).toThrow(RangeError);
  });

  test('have at most one check for each kind of plugin', () => {
    for (const kind of ['tap', 'target', 'mapper'] as const) {
      const numbers = checks.filter((check) => check.kinds.includes(kind)).map(({ number }) => number);
      expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
    }
  });

  test('are checked only for the kinds they bind', () => {
    for (const { number, kinds } of checks)
      expect(statement(number).appliesTo, `[${number}]`).toEqual(expect.arrayContaining([...kinds]));
  });
});

describe('checks of taps', { timeout: 60_000 }, () => {
  test.each([...new Set(TAP_FAULTS.map(([, number]) => number))])(
    'statement %i is found to hold by a tap without faults',
    async (number) => {
      expect(await verdict(tinyTap(''), number)).toEqual({ status: 'holds' });
    },
  );
  test.each(TAP_FAULTS)('the fault "%s" breaks statement %i', async (fault, number) => {
    expect(await verdict(tinyTap(fault), number)).toMatchObject({ status: 'fails', error: expect.any(Error) as Error });
  });
});

describe('checks of targets', { timeout: 60_000 }, () => {
  test.each([...new Set(TARGET_FAULTS.map(([, number]) => number))])(
    'statement %i is found to hold by a target without faults',
    async (number) => {
      expect(await verdict(tinyTarget(''), number)).toEqual({ status: 'holds' });
    },
  );
  test.each(TARGET_FAULTS)('the fault "%s" breaks statement %i', async (fault, number) => {
    expect(await verdict(tinyTarget(fault), number)).toMatchObject({ status: 'fails', error: expect.any(Error) as Error });
  });
});

describe('checks of versions, deletes and batches', { timeout: 60_000 }, () => {
  test.each([...new Set(TABLE_FAULTS.map(([, number]) => number))])(
    'statement %i is found to hold by a table without faults',
    async (number) => {
      expect(await verdict(tinyTable(''), number)).toEqual({ status: 'holds' });
    },
  );
  test.each(TABLE_FAULTS)('the fault "%s" breaks statement %i', async (fault, number) => {
    expect(await verdict(tinyTable(fault), number)).toMatchObject({ status: 'fails', error: expect.any(Error) as Error });
  });
});

describe('checks of mappers', { timeout: 60_000 }, () => {
  test.each([...new Set(MAPPER_FAULTS.map(([, number]) => number))])(
    'statement %i is found to hold by a mapper without faults',
    async (number) => {
      expect(await verdict(tinyMapper(''), number)).toEqual({ status: 'holds' });
    },
  );
  test.each(MAPPER_FAULTS)('the fault "%s" breaks statement %i', async (fault, number) => {
    expect(await verdict(tinyMapper(fault), number)).toMatchObject({ status: 'fails', error: expect.any(Error) as Error });
  });

  test('without a known rule a statement about it is skipped', async () => {
    const { ways: _, ...silent } = tinyMapper('');
    expect(await verdict(silent, 98)).toEqual({
      status: 'skipped',
      reason: 'no setting is known with which it calls the stream check_people check_persons ("alias")',
    });
  });
});

test('a check that lacks what it needs is skipped with the reason', async () => {
  const { makeDestination: _, ...blind } = tinyTarget('');
  expect(await verdict(blind, 146)).toEqual({ status: 'skipped', reason: 'it needs a look into the destination' });
});

describe('a nested tap on our core', () => {
  prove(
    {
      kind: 'tap',
      name: 'tap-nested',
      command: fixture('tap-nested'),
      config: { source: 'any' },
      makeSource: async (wish) =>
        ['small', 'nested', 'keyed', 'odd-text'].includes(wish) ? { config: { source: 'any' }, records: 4 } : undefined,
    },
    [38, 39, 40, 42, 44, 50, 51, 52, 53, 54, 65, 66, 67, 69, 71, 72],
  );
});

async function verdict(subject: Subject, number: number): Promise<Verdict> {
  const check = checksFor(subject).find((one) => one.number === number);
  if (check === undefined) throw new Error(`There is no check for statement ${number}`);
  return runCheck(check, subject);
}

function tinyTap(fault: string): Subject {
  const source: Source = { config: {} };
  return {
    kind: 'tap',
    name: 'tiny-tap',
    command: fixture('tiny-tap'),
    config: {},
    env: { FAULT: fault },
    makeSource: async (wish) => (['small', 'streams', 'keyed'].includes(wish) ? source : undefined),
  };
}

function tinyTarget(fault: string): Subject {
  return {
    kind: 'target',
    name: 'tiny-target',
    command: fixture('tiny-target'),
    config: { folder: tmpdir() },
    env: { FAULT: fault },
    makeDestination: async (settings) => {
      const folder = await mkdtemp(join(tmpdir(), 'tiny-'));
      return {
        config: { ...settings, folder },
        readBack: async (stream) => rowsIn(join(folder, `${stream}.jsonl`)),
        drop: async () => rm(folder, { recursive: true, force: true }),
      };
    },
  };
}

function tinyTable(fault: string): Subject {
  return {
    kind: 'target',
    name: 'tiny-table',
    command: fixture('tiny-table'),
    config: {},
    env: { FAULT: fault },
    ways: {
      upsert: { load_method: 'upsert' },
      metadata: { add_record_metadata: true },
      'hard-delete': { hard_delete: true },
      'ignore-versions': { activate_version: false },
      'delete-batch-files': { delete_batch_files: true },
      flatten: { flattening_enabled: true, flattening_max_depth: 2 },
    },
    makeDestination: async (settings) => {
      const folder = await mkdtemp(join(tmpdir(), 'tiny-'));
      return {
        config: { ...settings, folder },
        readBack: async (stream) => tableRows(join(folder, `${stream}.json`)),
        drop: async () => rm(folder, { recursive: true, force: true }),
      };
    },
  };
}

function tinyMapper(fault: string): Subject {
  const people = (rule: unknown): Config => ({ rules: { check_people: rule } });
  const tokens = (key: string): Config => ({
    rules: { check_people: { hash: 'secret', key }, check_towns: { hash: 'secret', key } },
  });
  return {
    kind: 'mapper',
    name: 'tiny-mapper',
    command: fixture('tiny-mapper'),
    config: {},
    env: { FAULT: fault },
    ways: {
      'no-rules': { rules: {} },
      'drop-field': people({ drop: 'secret' }),
      'rename-field': people({ rename: { secret: 'hidden' } }),
      'redact-field': people({ redact: 'secret' }),
      // Faults of values that are no texts show only where nothing is hashed.
      ...(fault === 'leaks-odd' ? {} : { 'hash-field': tokens('CHECK_KEY'), 'hash-field-anew': tokens('CHECK_OTHER_KEY') }),
      'drop-key': people({ drop: 'id' }),
      'hash-key': people({ hash: 'id', key: 'CHECK_KEY' }),
      alias: people({ alias: 'check_persons' }),
      'filter-all': people({ none: true }),
      'remove-stream': people('drop'),
      'lost-field': people({ redact: 'check_absent' }),
      'lost-stream': { rules: { check_absent: { drop: 'secret' } } },
      'failing-rule': people({ fails: 'secret' }),
    },
  };
}

async function tableRows(file: string): Promise<StoredRow[]> {
  const rows = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as Record<string, unknown>[];
  const text = (value: unknown): string | null => (value === null || typeof value === 'string' ? value : JSON.stringify(value));
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, text(value)])));
}

async function rowsIn(file: string): Promise<StoredRow[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      Object.fromEntries(
        Object.entries(JSON.parse(line) as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
      ),
    );
}
