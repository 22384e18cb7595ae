import { columnOf, type Json, type JsonSchema, nearest, type Setting, type SettingValue } from '../../singer/index.ts';
import { type Function, FUNCTIONS, refusalOf, resultSchema, type StatsPlan, statsPlan } from '../aggregate/stats.ts';
import { type Output, resultsOf, type Row, Windows } from '../aggregate/windows.ts';
import { canonicalOf } from '../canonical.ts';
import { propertiesOf } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { durationOf, instantOf, instantText } from '../instant.ts';
import type { Privacy } from '../operation.ts';
import { namesIn, tellUnknown } from '../places.ts';
import type { RecordView } from '../record.ts';
import { defineRule, type Emit, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';
import { withoutNull } from '../schemas.ts';

const DAY = 86_400_000;
/** 1970-01-05: weeks begin on a Monday. */
const MONDAY = 4 * DAY;

const SETTING = {
  type: 'object',
  description: 'Which windows, which groups, which functions.',
  properties: {
    time: { type: 'string', required: true, description: 'The field that tells when: a date or date-time.' },
    every: { type: 'string', required: true, description: 'Length of a window: `10m`, `1h`, `1d`, `1w`.' },
    by: {
      type: ['array', 'string'],
      default: [],
      description: 'Fields that make groups.',
      items: { type: 'string', description: 'A field.' },
    },
    functions: {
      type: 'object',
      required: true,
      description: `By field: one or several of ${FUNCTIONS.join(', ')}.`,
      members: { type: ['array', 'string'], description: 'Functions.', items: { type: 'string', description: 'A function.' } },
    },
    std: {
      type: 'string',
      options: ['sample', 'population'],
      default: 'sample',
      description: 'Divide variances by n-1 or by n.',
    },
    lateness: {
      type: ['integer', 'string'],
      default: 0,
      description: 'How long a window waits for records out of order: `5m`, or a number of minutes.',
    },
    origin: { type: 'string', description: 'A date or date-time at which a window begins.' },
    partial: {
      type: 'string',
      options: ['emit', 'hold'],
      default: 'emit',
      description: 'What becomes of windows that are open at the end of the input.',
    },
    memory: { type: 'integer', minimum: 1, default: 32, description: 'Megabytes that open windows may take.' },
  },
} as const satisfies Setting;

export default defineRule({
  name: 'aggregate',
  summary: 'Makes one row per window of time and group, with counts, sums, means and the like of its records.',
  notes: [
    'A window has a fixed length and begins at a multiple of it since `origin` (midnight UTC of 1970-01-01; a Monday for whole weeks). It is labelled with its start, in the field of the time. Keys are the fields of `by` and that field. A time without a zone is in UTC.',
    'A column is called after its field and function: `wind_speed_mean`. `"*": count` counts records. Null is no value: it does not count, and of no values the sum, too, is null. `std` and `var` divide by n-1, as pandas does, unless `std: population` is set; of a single value they are null then.',
    'Sums of integers and of decimals are exact; sums of other numbers lose nothing to the order in which they come (Neumaier).',
    'A window is sent when a record comes that is later than its end by more than `lateness`; a record for a window that was sent is put aside. At the end of the input the windows still open are sent (`partial: emit`), though the next run may bring more for them: `partial: hold` leaves them, and the STATEs that came after their first record, to the next run.',
    'A new SCHEMA in the middle of a stream ends all open windows; that is counted as `windows cut by a SCHEMA`.',
    '`memory` bounds what open windows may take; more ends the run. `median` keeps every value of a window, the others do not.',
  ],
  setting: SETTING,
  examples: [
    {
      rules: { aggregate: { time: 'at', every: '10m', functions: { power: ['mean', 'max'], '*': 'count' } } },
      schema: {
        type: 'object',
        properties: { at: { type: 'string', format: 'date-time' }, power: { type: ['number', 'null'] } },
      },
      input: [
        { at: '2026-02-20T00:01:00Z', power: 1 },
        { at: '2026-02-20T00:09:00Z', power: 2 },
        { at: '2026-02-20T00:10:00Z', power: 5 },
      ],
      output: [
        { at: '2026-02-20T00:00:00Z', power_mean: 1.5, power_max: 2, count: 2 },
        { at: '2026-02-20T00:10:00Z', power_mean: 5, power_max: 5, count: 1 },
      ],
    },
  ],
  check(value, context) {
    timesOf(value, context);
    const fields = Object.entries(value.functions);
    for (const [field, names] of fields) functionsNamed(field, names, context);
    if (fields.length === 0) context.problem('must name at least one field with a function', 'functions');
  },
  prepare: prepareAggregate,
});

type Given = SettingValue<typeof SETTING>;

function prepareAggregate(given: Given, shape: Shape, context: RuleContext): PreparedRule {
  const properties = propertiesOf(shape);
  const { time, partial } = given;
  const by = namesIn(given.by);
  for (const [name, at] of [[time, 'time'], ...by.map((name) => [name, 'by'])] as [string, string][]) {
    if (!Object.hasOwn(properties, name)) tellUnknown(name, shape, context, at);
  }
  const isDate = Object.hasOwn(properties, time) && columnOf('', properties[time]).type === 'date';
  checkTime(properties[time], time, context);
  const { fields, outputs, plans } = functionsOf(given, shape, context);
  const { every, lateness, origin } = timesOf(given, context);
  const windows = new Windows({ every, origin, lateness, plans, mostBytes: given.memory * 1024 * 1024 });
  const label = isDate && every % DAY === 0 && origin % DAY === 0 ? dateText : instantText;
  const policy = recordPolicy(context.defaults.onError);

  const send = (emit: Emit, { start, row }: { start: number; row: Row }): void => {
    const groups = by.map((name, i) => [name, row.by[i]!] as const);
    emit.next({ ...Object.fromEntries([...groups, [time, label(start)]]), ...resultsOf(row, outputs) }, row.rest);
  };
  return {
    shape: shapeOf(shape, { by, time, outputs, plans, fields, isDate: label === dateText, context }),
    apply(record, emit) {
      windows.taken++;
      const at = timeOf(record.get(time), time, policy);
      if (windows.isLate(at))
        throw new RecordFault({ policy, rule: 'late-record', field: time, message: 'its window was sent already' });
      const groups = by.map((name) => groupOf(record, name, policy));
      const values = fields.map((name, i) => checked(record.get(name) ?? null, plans[i]!, name, policy));
      for (const closed of windows.closedBy(at)) send(emit, closed);
      const row = windows.rowOf(at, groups.map((group) => `${typeof group} ${canonicalOf(group)}`).join('\0'), groups);
      row.count++;
      row.rest = emit.rest();
      values.forEach((value, i) => value === null || row.stats[i]!.add(value, at));
      if (windows.isFull) throw full(given.memory);
      return false;
    },
    buffer: {
      get taken() {
        return windows.taken;
      },
      get released() {
        return windows.released;
      },
      *flush(emit, last) {
        if (windows.size === 0) return;
        if (last && partial === 'hold') {
          context.count('windows held for the next run', windows.size);
          return;
        }
        if (!last) context.count('windows cut by a SCHEMA', windows.size);
        for (const window of windows.all()) {
          send(emit, window);
          yield;
        }
      },
    },
  };
}

function checkTime(schema: JsonSchema | undefined, name: string, context: RuleContext): void {
  const type = schema === undefined ? 'datetime' : columnOf('', schema).type;
  if (type === 'datetime' || type === 'date' || type === 'string') return;
  context.problem(`${name} must be a date or date-time; the schema says ${type}. The operation datetime makes one of it`, 'time');
}

function timesOf({ every, lateness, origin }: Given, context: RuleContext): { every: number; lateness: number; origin: number } {
  const length = durationOf(every);
  if (length === undefined || length === 0) {
    const months = /month|year|quarter/i.test(every) ? '; months and years differ in length' : '';
    context.problem(`must be a duration such as 10m, 1h or 1d${months}`, 'every');
  }
  const wait = typeof lateness === 'number' ? lateness * 60_000 : durationOf(lateness);
  if (wait === undefined || wait < 0) context.problem('must be a duration such as 5m, or a number of minutes', 'lateness');
  const begin = origin === undefined ? (length !== undefined && length % (7 * DAY) === 0 ? MONDAY : 0) : instantOf(origin);
  if (begin === undefined) context.problem('must be a date or date-time', 'origin');
  return { every: length === undefined || length === 0 ? DAY : length, lateness: wait ?? 0, origin: begin ?? 0 };
}

interface Functions {
  /** Fields whose values are gathered. */
  readonly fields: readonly string[];
  readonly plans: readonly StatsPlan[];
  readonly outputs: readonly Output[];
}

function functionsOf({ functions, std }: Given, shape: Shape, context: RuleContext): Functions {
  const properties = propertiesOf(shape);
  const fields: string[] = [];
  const plans: StatsPlan[] = [];
  const outputs: Output[] = [];
  for (const [field, given] of Object.entries(functions)) {
    const at = `functions.${field}`;
    const known = functionsNamed(field, given, context);
    if (field === '*') {
      outputs.push({ name: 'count', field: -1, function: 'count' });
    } else if (!Object.hasOwn(properties, field)) tellUnknown(field, shape, context, at);
    else {
      outputs.push(...known.map((name) => ({ name: `${field}_${name}`, field: fields.length, function: name })));
      plans.push(statsPlan(known, properties[field]!, { std, problem: (message) => context.problem(message, at) }));
      fields.push(field);
    }
  }
  if (outputs.length === 0) context.problem('must name at least one field with a function', 'functions');
  return { fields, plans, outputs };
}

/** The functions of one field that there are. */
function functionsNamed(field: string, given: Json | undefined, context: RuleContext): Function[] {
  const problem = (message: string): void => context.problem(message, `functions.${field}`);
  const known = namesIn(given).filter((name): name is Function => isFunction(name, problem));
  if (field === '*' && known.some((name) => name !== 'count')) problem('of all fields only count can be had');
  return known;
}

function isFunction(name: string, problem: (message: string) => void): boolean {
  if ((FUNCTIONS as readonly string[]).includes(name)) return true;
  const near = nearest(name, FUNCTIONS);
  problem(
    `there is no function ${name}${near === undefined ? `; there are ${FUNCTIONS.join(', ')}` : `; did you mean ${near}?`}`,
  );
  return false;
}

function shapeOf(
  shape: Shape,
  o: Functions & { by: readonly string[]; time: string; isDate: boolean; context: RuleContext },
): Shape {
  const { by, context, fields, isDate, outputs, plans, time } = o;
  const before = propertiesOf(shape);
  const keys = [...by, time];
  const columns = outputs.map(({ name, field, function: called }): [string, JsonSchema] => [
    name,
    field < 0 ? { type: ['integer'] } : resultSchema(called, before[fields[field]!]!, plans[field]!),
  ]);
  const names = [...keys, ...columns.map(([name]) => name)];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) context.problem(`two fields would have the name ${twice}`);
  const groups = by.map((name): [string, JsonSchema] => [name, withoutNull(before[name] ?? {})]);
  const start: [string, JsonSchema] = [time, { type: ['string'], format: isDate ? 'date' : 'date-time' }];
  const privacy = [
    ...keys.map((name) => [name, shape.privacy[name]] as const),
    ...outputs.map(({ name, field }) => [name, field < 0 ? undefined : shape.privacy[fields[field]!]] as const),
  ].filter((entry): entry is [string, Privacy] => entry[1] !== undefined);
  return {
    stream: shape.stream,
    schema: { type: 'object', properties: Object.fromEntries([...groups, start, ...columns]), required: names },
    keys,
    bookmarks: shape.bookmarks.filter((name) => name === time),
    privacy: Object.fromEntries(privacy),
  };
}

function timeOf(value: Json | undefined, name: string, policy: RecordFault['policy']): number {
  const at = typeof value === 'string' ? instantOf(value) : undefined;
  if (at !== undefined) return at;
  const rule = (value ?? null) === null ? 'time-missing' : 'not-a-time';
  throw new RecordFault({
    policy,
    rule,
    field: name,
    message: rule === 'time-missing' ? 'has no time' : 'is not a date or date-time of ISO 8601',
  });
}

function groupOf(record: RecordView, name: string, policy: RecordFault['policy']): Json {
  const value = record.get(name) ?? null;
  if (value === null)
    throw new RecordFault({ policy, rule: 'key-missing', field: name, message: 'a field that makes groups is null or absent' });
  return value;
}

function checked(value: Json, plan: StatsPlan, name: string, policy: RecordFault['policy']): Json {
  const refusal = value === null ? undefined : refusalOf(value, plan);
  if (refusal === undefined) return value;
  const message =
    refusal === 'not-a-number' ? 'is not a number of the kind that the schema says' : 'is not of the kind that the schema says';
  throw new RecordFault({ policy, rule: refusal, field: name, message });
}

function full(memory: number): RecordFault {
  const message = `the open windows take more than ${memory} MB; raise memory, shorten lateness, or make fewer groups`;
  return new RecordFault({ policy: 'fail', rule: 'aggregate-memory', field: undefined, message });
}

function dateText(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}
