import { isJsonObject, type Json } from '../../singer/index.ts';
import { type Compare, compareOf } from '../compare.ts';
import { Best } from '../dedupe/best.ts';
import { type Beats, recordOf } from '../dedupe/held-lines.ts';
import { openShape, propertiesOf } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { Fingerprints, fingerprintOf, hashedText } from '../fingerprints.ts';
import { namesIn, readersOf, tellUnknown } from '../places.ts';
import type { RecordView } from '../record.ts';
import { defineRule, type Emit, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';

const MEGABYTE = 1024 * 1024;

export default defineRule({
  name: 'dedupe',
  summary: 'Leaves one record of those that have equal values in some fields.',
  notes: [
    '`keep: first` passes the first one on at once. `last`, `max(field)` and `min(field)` hold records back until the better one can no longer come; STATEs that came after them wait. Of equal ones `max` keeps the last, `min` the first; a null field loses.',
    '`scope` is how far duplicates are looked for: `consecutive` records, a `window 1000` (so many records after the first of them), or the whole `stream`.',
    'Over the whole stream, `first` remembers 25 to 100 bytes for each key, `last`, `max` and `min` keep the records. What does not fit into `memory` goes to disk, as sorted files of JSON lines in a private folder of the temporary folder (TMPDIR), which is removed at the end of the run; those records come out last, in no order that means anything.',
    'Records in which one of the fields is null or absent are never equal to another: they pass, and are counted. A new SCHEMA in the middle of a stream has all that is held given out first; one of its keys may come out once more after that.',
  ],
  setting: {
    type: ['object', 'array', 'string'],
    description: 'By which fields, which record to keep, and how far to look.',
    items: { type: 'string', description: 'A field.' },
    properties: {
      by: {
        type: ['array', 'string'],
        description: 'The fields; the key properties unless set.',
        items: { type: 'string', description: 'A field.' },
      },
      keep: { type: 'string', default: 'first', description: '`first`, `last`, `max(field)` or `min(field)`.' },
      scope: { type: 'string', default: 'stream', description: '`stream`, `consecutive`, or `window N`.' },
      memory: { type: 'integer', minimum: 1, default: 24, description: 'Megabytes after which records or keys go to disk.' },
    },
  },
  examples: [
    {
      rules: { dedupe: { by: ['id'], keep: 'max(changed)' } },
      schema: {
        type: 'object',
        properties: { id: { type: 'integer' }, changed: { type: 'string', format: 'date' }, n: { type: 'integer' } },
      },
      input: [
        { id: 1, changed: '2026-01-01', n: 1 },
        { id: 2, changed: '2026-01-01', n: 2 },
        { id: 1, changed: '2026-02-01', n: 3 },
        { id: 1, changed: '2026-01-15', n: 4 },
      ],
      output: [
        { id: 1, changed: '2026-02-01', n: 3 },
        { id: 2, changed: '2026-01-01', n: 2 },
      ],
    },
    {
      rules: { dedupe: { by: ['v'], scope: 'consecutive' } },
      schema: { type: 'object', properties: { v: { type: 'integer' } } },
      input: [{ v: 1 }, { v: 1 }, { v: 2 }, { v: 1 }],
      output: [{ v: 1 }, { v: 2 }, { v: 1 }],
    },
  ],
  check(value, context) {
    const { keep = 'first', scope = 'stream' } = givenOf(value);
    choiceOf(keep, openShape(context.stream), context);
    sizeOfScope(scope, context);
  },
  prepare(value, shape, context) {
    const given = givenOf(value);
    const { keep = 'first', memory = 24, scope = 'stream' } = given;
    const names = given.by === undefined ? shape.keys : namesIn(given.by);
    if (names.length === 0) context.problem('is required: the stream has no key properties', 'by');
    const readers = readersOf(names, shape, context, 'by');
    const choice = choiceOf(keep, shape, context);
    const size = sizeOfScope(scope, context);
    const keyOf = (record: RecordView): string | undefined => {
      const values = readers.map((read) => read(record) ?? null);
      return values.includes(null) ? undefined : fingerprintOf(hashedText(values));
    };
    const parts = { shape, context, choice, keyOf };
    if (size !== undefined) return within(size, parts);
    return choice.kind === 'first' ? firstOfStream(memory, parts) : bestOfStream(memory, parts);
  },
});

interface Given {
  readonly by?: Json;
  readonly keep?: string;
  readonly scope?: string;
  readonly memory?: number;
}

function givenOf(value: Json): Given {
  return isJsonObject(value) ? value : { by: value };
}

/** Which record stays. */
interface Choice {
  readonly kind: 'first' | 'last' | 'max' | 'min';
  /** For max and min. */
  readonly field: string | undefined;
  readonly compare: Compare | undefined;
}

function choiceOf(keep: string, shape: Shape, context: RuleContext): Choice {
  if (keep === 'first' || keep === 'last') return { kind: keep, field: undefined, compare: undefined };
  const match = /^\s*(max|min)\s*\(\s*(.+?)\s*\)\s*$/.exec(keep);
  const [, kind, field] = match ?? [];
  const properties = propertiesOf(shape);
  if (field === undefined) context.problem('must be first, last, max(field) or min(field)', 'keep');
  else if (!Object.hasOwn(properties, field)) tellUnknown(field, shape, context, 'keep');
  const compare = field === undefined ? undefined : compareOf(properties[field] ?? {});
  if (field !== undefined && Object.hasOwn(properties, field) && compare === undefined)
    context.problem(`${field} has no order`, 'keep');
  return { kind: kind === 'min' ? 'min' : 'max', field, compare };
}

/** How many records a window has; 0 for consecutive ones, undefined for the stream. */
function sizeOfScope(scope: string, context: RuleContext): number | undefined {
  if (scope === 'stream') return undefined;
  if (scope === 'consecutive') return 0;
  const size = /^\s*window\s+(\d+)\s*$/.exec(scope)?.[1];
  if (size === undefined || Number(size) < 1)
    context.problem('must be stream, consecutive, or window and a number of records', 'scope');
  return Number(size ?? 1);
}

interface Parts {
  readonly shape: Shape;
  readonly context: RuleContext;
  readonly choice: Choice;
  /** Undefined if a field is null. */
  readonly keyOf: (record: RecordView) => string | undefined;
}

function beatsOf({ compare, kind }: Choice): Beats {
  if (kind === 'first') return (b, a) => b.number < a.number;
  if (kind === 'last') return (b, a) => b.number > a.number;
  const sign = kind === 'max' ? 1 : -1;
  return (b, a) => {
    if (a.order === null || b.order === null) return a.order === b.order ? sign * (b.number - a.number) > 0 : a.order === null;
    const difference = sign * compare!(b.order, a.order)!;
    return difference > 0 || (difference === 0 && sign * (b.number - a.number) > 0);
  };
}

/** What a record is compared by. Throws RecordFault for a value that has no order. */
function orderOf(record: RecordView, { compare, field }: Choice, context: RuleContext): Json {
  if (field === undefined) return null;
  const value = record.get(field) ?? null;
  if (value === null || compare!(value, value) !== undefined) return value;
  throw new RecordFault({
    policy: recordPolicy(context.defaults.onError),
    rule: 'wrong-kind',
    field,
    message: 'is not of the kind that the schema says, so that it cannot be compared',
  });
}

const DUPLICATES = 'duplicates';

/** The first of each key passes at once; when there are more keys than fit, new ones wait on disk until the end. */
function firstOfStream(memory: number, { choice, context, keyOf, shape }: Parts): PreparedRule {
  // Keys that have come are known beyond a new SCHEMA.
  const seen = context.shared(`dedupe ${context.path} ${context.stream}`, () => new Fingerprints(memory * 0.75 * MEGABYTE, 4));
  const waiting = new Waiting(beatsOf(choice), memory * 0.125 * MEGABYTE, context);
  return {
    shape,
    apply(record, emit) {
      waiting.taken++;
      const key = keyOf(record);
      if (key === undefined) return unkeyed(context);
      const count = seen.count(key);
      if (count === 0) waiting.add(key, null, record, emit);
      else if (count > 1) context.count(DUPLICATES);
      return count === 1;
    },
    buffer: waiting,
  };
}

/** The best of each key, known at the end. */
function bestOfStream(memory: number, { choice, context, keyOf, shape }: Parts): PreparedRule {
  const waiting = new Waiting(beatsOf(choice), memory * 0.125 * MEGABYTE, context);
  return {
    shape,
    apply(record, emit) {
      waiting.taken++;
      const key = keyOf(record);
      if (key === undefined) return unkeyed(context);
      waiting.add(key, orderOf(record, choice, context), record, emit);
      return false;
    },
    buffer: waiting,
  };
}

/** The records of a stream that wait for its end. */
class Waiting {
  taken = 0;
  readonly #best: Best;
  readonly #context: RuleContext;
  #count = 0;

  constructor(beats: Beats, mostBytes: number, context: RuleContext) {
    this.#best = new Best(beats, mostBytes);
    this.#context = context;
    context.onClose(() => this.#best.close());
  }

  get released(): number {
    return (this.#best.first ?? this.taken + 1) - 1;
  }

  add(key: string, order: Json, record: RecordView, emit: Emit): void {
    this.#count++;
    this.#best.add(key, { number: this.taken, order }, record, emit.rest());
  }

  *flush(emit: Emit): Generator<void> {
    for (const line of this.#best.drain()) {
      const { at, rest } = recordOf(line);
      this.#count--;
      emit.again(line.bytes, at, rest);
      yield;
    }
    if (this.#count > 0) this.#context.count(DUPLICATES, this.#count);
    this.#count = 0;
  }
}

function unkeyed(context: RuleContext): true {
  context.count('not deduplicated: a field is null');
  return true;
}

/** A key within a window. */
interface Open {
  /** The number of its first record. */
  readonly first: number;
  number: number;
  order: Json;
  /** The best record so far; undefined if the first one has passed. */
  record: Buffer | undefined;
  rest: string;
}

/** Among so many records after the first of its key; 0: among those that follow each other. */
function within(size: number, { choice, context, keyOf, shape }: Parts): PreparedRule {
  const open = new Map<string, Open>();
  const beats = beatsOf(choice);
  let taken = 0;

  function close(key: string, { record, rest }: Open, emit: Emit): void {
    open.delete(key);
    if (record !== undefined) emit.again(record, 0, rest);
  }

  return {
    shape,
    apply(record, emit) {
      taken++;
      const key = keyOf(record);
      for (const [other, entry] of open) {
        if (size === 0 ? other === key : entry.first + size >= taken) break;
        close(other, entry, emit);
      }
      if (key === undefined) return unkeyed(context);
      const number = taken;
      const order = orderOf(record, choice, context);
      const before = open.get(key);
      if (before === undefined) {
        const passes = choice.kind === 'first';
        open.set(key, {
          first: number,
          number,
          order,
          record: passes ? undefined : record.toLine(),
          rest: passes ? '' : emit.rest(),
        });
        return passes;
      }
      context.count(DUPLICATES);
      if (choice.kind !== 'first' && beats({ number, order }, before)) {
        Object.assign(before, { number, order, record: record.toLine(), rest: emit.rest() });
      }
      return false;
    },
    buffer: {
      get taken() {
        return taken;
      },
      get released() {
        const [oldest] = open.values();
        return oldest?.record === undefined ? taken : oldest.first - 1;
      },
      *flush(emit) {
        for (const [key, entry] of open) {
          close(key, entry, emit);
          yield;
        }
      },
    },
  };
}
