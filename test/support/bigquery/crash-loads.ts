import { record, state } from './load-into.ts';

/** Records of one load; STATEs come after so many of them, in one load and in the next. */
export const RECORDS = 60;
/** A pipe holds three rows of this size, so that batches end where they should and not with the input. */
const TEXT_CHARACTERS = 20_000;
const DELETED_AT = '2026-01-02T03:04:05Z';

/** A row as a table holds it. */
export interface TableRow {
  readonly id: number;
  readonly value: number;
  readonly deletedAt: string | null;
}

/** A record that a tap sends; `deleted`: that the row is gone. */
interface Sent {
  readonly id: number;
  readonly value: number;
  readonly deleted: boolean;
}

/** A kind of load that is killed and resumed, and what its table may hold. */
export interface CrashLoad {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | boolean>>;
  /** Lines that are loaded whole before, every other time where `isSeeded` says so. */
  readonly seeds: readonly Sent[];
  readonly isSeeded: 'always' | 'sometimes';
  readonly sent: readonly Sent[];
  /** Records have a version, which is activated behind them. */
  readonly version?: number;
  /** What is wrong with these rows while the load is not complete, given that the first `covered` records must be in them; undefined: nothing. */
  readonly fault: (rows: readonly TableRow[], covered: number, seeds: readonly Sent[]) => string | undefined;
  /** What the table holds in the end, in words. */
  readonly result: (seeds: readonly Sent[]) => readonly string[];
}

/** One row in a word: `7:42`, `7:42 gone`. */
export function wordOf({ id, value, deletedAt }: TableRow): string {
  return `${id}:${value}${deletedAt === null ? '' : ' gone'}`;
}

/** What a tap sends that is resumed behind so many records. */
export function linesFrom({ sent, version }: CrashLoad, stream: string, from: number, stateRows: number): object[] {
  const messages = sent.slice(from).flatMap((one, i) => {
    const count = from + i + 1;
    const isLast = count === sent.length && version !== undefined;
    return [
      recordOf(stream, one, version),
      ...(isLast ? [{ type: 'ACTIVATE_VERSION', stream, version }] : []),
      ...(count % stateRows === 0 ? [state({ records: count })] : []),
    ];
  });
  return [schemaOf(stream), ...messages];
}

/** The lines of what was there before. */
export function seedLines({ version }: CrashLoad, stream: string, seeds: readonly Sent[]): object[] {
  return [schemaOf(stream), ...seeds.map((one) => recordOf(stream, one, version && version - 1)), state({ seeds: true })];
}

function schemaOf(stream: string): object {
  const properties = { id: { type: 'integer' }, value: { type: 'integer' }, text: { type: 'string' } };
  return { type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: ['id'] };
}

function recordOf(stream: string, { deleted, id, value }: Sent, version: number | undefined): object {
  const text = 'x'.repeat(TEXT_CHARACTERS + value);
  const values = { id, value, text, ...(deleted ? { _sdc_deleted_at: DELETED_AT } : {}) };
  return { ...record(stream, values), ...(version === undefined ? {} : { version }) };
}

const KEYS = 20;
const live = (id: number, value: number): Sent => ({ id, value, deleted: false });
const each = (count: number, make: (i: number) => Sent): Sent[] => Array.from({ length: count }, (_, i) => make(i));
/** Rows of before: keys that come again, and keys that do not. */
const SEEDS = each(10, (i) => live(15 + i, -1 - i));
const ONE_BY_ONE = each(RECORDS, (i) => live(i, i));
/** Each key three times, in turns that fall into all batches. */
const IN_TURNS = each(RECORDS, (i) => live((i * 7) % KEYS, i));
const WITH_DELETIONS = IN_TURNS.map((one, i) => ({ ...one, deleted: i % 5 === 3 }));
const OF_BEFORE = each(10, (i) => live(1000 + i, i));

const append: CrashLoad = {
  name: 'append-only',
  settings: { load_method: 'append-only' },
  seeds: OF_BEFORE,
  isSeeded: 'sometimes',
  sent: ONE_BY_ONE,
  fault: (rows, covered, seeds) => {
    const words = rows.map(wordOf);
    return doubled(words) ?? lacking(words, [...seeds, ...ONE_BY_ONE.slice(0, covered)]);
  },
  result: (seeds) => [...seeds, ...ONE_BY_ONE].map(liveWord),
};

/** Rows by key. */
function keyed(name: string, sent: readonly Sent[], hard: boolean): CrashLoad {
  const word = ({ deleted, ...one }: Sent): string => (deleted ? (hard ? '' : `${liveWord(one)} gone`) : liveWord(one));
  /** What stands at a key after each of the records from `covered` on. */
  const possible = (id: number, covered: number, seeds: readonly Sent[]): string[] => {
    const of = (records: readonly Sent[]): string => {
      const last = records.findLast((one) => one.id === id) ?? seeds.find((one) => one.id === id);
      return last === undefined ? '' : word(last);
    };
    return Array.from({ length: sent.length - covered + 1 }, (_, i) => of(sent.slice(0, covered + i)));
  };
  const keysOf = (seeds: readonly Sent[]): number[] => [...new Set([...seeds, ...sent].map(({ id }) => id))];
  return {
    name,
    settings: { load_method: 'upsert', hard_delete: hard },
    seeds: SEEDS,
    isSeeded: 'sometimes',
    sent,
    fault: (rows, covered, seeds) => {
      for (const id of keysOf(seeds)) {
        const there = rows.filter((row) => row.id === id).map(wordOf);
        if (there.length > 1) return `key ${id} has ${there.length} rows: ${there.join()}`;
        const words = possible(id, covered, seeds);
        if (!words.includes(there[0] ?? '')) return `key ${id} has ${there[0] ?? 'no row'}, and not one of ${words.join()}`;
      }
      return undefined;
    },
    result: (seeds) => keysOf(seeds).flatMap((id) => possible(id, sent.length, seeds).filter((one) => one !== '')),
  };
}

/** A new version of all rows, by which those of before go. */
function versions(name: string, hard: boolean): CrashLoad {
  const after = OF_BEFORE.map((one) => `${liveWord(one)} gone`);
  return {
    name,
    settings: { load_method: 'append-only', hard_delete: hard },
    seeds: OF_BEFORE,
    isSeeded: 'always',
    sent: ONE_BY_ONE,
    version: 2,
    fault: (rows, covered) => {
      const words = rows.map(wordOf);
      const old = words.filter((_, i) => rows[i]!.id >= 1000).toSorted();
      const isBefore = old.join() === OF_BEFORE.map(liveWord).toSorted().join();
      const isAfter = old.join() === (hard ? '' : after.toSorted().join());
      if (!isAfter && (!isBefore || covered === RECORDS))
        return `rows of the older version are neither all there nor all gone: ${old.join()}`;
      return doubled(words) ?? lacking(words, ONE_BY_ONE.slice(0, covered));
    },
    result: () => [...ONE_BY_ONE.map(liveWord), ...(hard ? [] : after)],
  };
}

/** All old rows, or all new ones; nothing between. */
function overwrite(name: string, settings: CrashLoad['settings']): CrashLoad {
  const last = [...new Map(IN_TURNS.map((one) => [one.id, one])).values()].map(liveWord).toSorted();
  return {
    name,
    settings: { load_method: 'overwrite', ...settings },
    seeds: OF_BEFORE,
    isSeeded: 'always',
    sent: IN_TURNS,
    fault: (rows, covered, seeds) => {
      const words = rows.map(wordOf).toSorted().join();
      if (words === last.join() || (covered === 0 && words === seeds.map(liveWord).toSorted().join())) return undefined;
      return `neither all rows of before nor all new ones: ${words}`;
    },
    result: () => last,
  };
}

export const CRASH_LOADS: readonly CrashLoad[] = [
  append,
  keyed('upsert', IN_TURNS, false),
  keyed('upsert with rows that are marked as deleted', WITH_DELETIONS, false),
  keyed('upsert with hard_delete', WITH_DELETIONS, true),
  versions('a version that marks the rows of the one before', false),
  versions('a version that deletes the rows of the one before', true),
  overwrite('overwrite', {}),
];

function liveWord({ id, value }: Pick<Sent, 'id' | 'value'>): string {
  return `${id}:${value}`;
}

function doubled(words: readonly string[]): string | undefined {
  const twice = words.filter((word, i) => words.indexOf(word) !== i);
  return twice.length === 0 ? undefined : `rows are there twice: ${twice.join()}`;
}

function lacking(words: readonly string[], needed: readonly Sent[]): string | undefined {
  const there = new Set(words.map((word) => word.replace(' gone', '')));
  const lost = needed.map(liveWord).filter((word) => !there.has(word));
  return lost.length === 0 ? undefined : `rows that the state covers are not there: ${lost.join()}`;
}
