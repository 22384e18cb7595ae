import { type Json, type JsonObject, type JsonSchema, nearest } from '../../singer/index.ts';
import { assignment } from '../assignment.ts';
import { propertiesOf, requiredOf, withProperties } from '../engine/shape.ts';
import { compileExpression, type Scope } from '../expression/index.ts';
import { RecordFault, ValueFault } from '../fault.ts';
import type { Fields } from '../operation.ts';
import type { RecordView } from '../record.ts';
import type { RuleContext, Shape } from '../rule.ts';
import { withMembers, withoutNull } from '../schemas.ts';
import type { StreamMap } from './entry.ts';

/** A map compiled for one SCHEMA. */
export interface CompiledMap {
  readonly shape: Shape;
  /** Properties of the stream that do not go on as they are. */
  readonly hides: readonly string[];
  /** Properties of the record that get values of others. */
  readonly reuses: readonly string[];
  /** What becomes of a record; undefined: it is left out. Reads it, and changes nothing. Throws RecordFault. */
  plan(record: RecordView): MappedRecord | undefined;
}

/** A record as the map leaves it. */
export interface MappedRecord {
  /** Does so to the record itself. */
  apply(): void;
  /** It as a value. */
  toObject(): JsonObject;
}

/** One property that the map gives a value. Undefined: it is removed. */
interface Column {
  readonly name: string;
  readonly compute: ((record: Fields) => Json | undefined) | undefined;
}

export interface MapOptions {
  /** The name that the stream leaves with. */
  readonly name: string;
  /** An exact name stands in the config: properties that are not there are mistakes. */
  readonly isExact: boolean;
  readonly path: string;
}

/** Tells `context` what is wrong with the expressions of a map, whatever the fields of its stream are. */
export function checkMap({ filter, properties }: StreamMap, shape: Shape, context: RuleContext): void {
  const scope: Scope = { shape, config: context.vars, stream: shape.stream, keys: context.keys };
  const check = (name: string, text: string | undefined, self?: string): void => {
    if (text !== undefined) compileExpression(text, { ...scope, self }, (message) => context.problem(message, name));
  };
  for (const [name, text] of properties) check(name, text, name);
  check('__filter__', filter);
}

/**
 * Compiles a map. All its expressions read the record as it came, in whichever order they stand. Tells `context` what is wrong.
 */
export function compileMap(map: StreamMap, from: Shape, context: RuleContext, o: MapOptions): CompiledMap {
  const problem = (message: string, at: string): void => context.problem(message, at);
  const keys = map.keys ?? from.keys;
  const scope: Scope = {
    shape: { ...from, stream: o.name },
    config: context.vars,
    stream: from.stream,
    keys: context.keys,
  };
  const before = propertiesOf(from);
  const properties: Record<string, JsonSchema> = { ...before };
  const columns: Column[] = [];
  const passed = new Set<string>();
  const kept = new Set(map.keepsOthers ? Object.keys(before) : keys);
  const absent = new Set<string>();
  for (const [name, text] of map.properties) {
    tellNested(name, before, problem);
    if (text === undefined) {
      if (keys.includes(name)) {
        problem('a key property cannot be removed; __key_properties__ says what the keys are then (null: none)', name);
      } else if (!Object.hasOwn(before, name) && o.isExact) tellUnknown(name, from, problem);
      kept.delete(name);
      columns.push({ name, compute: undefined });
      continue;
    }
    kept.add(name);
    const expression = compileExpression(text, { ...scope, self: name }, (message) => problem(message, name));
    if (expression.passes === name) {
      passed.add(name);
      continue;
    }
    const isKey = keys.includes(name);
    if (expression.mayBeAbsent && !isKey) absent.add(name);
    const made = assignment(
      { name, schema: expression.schema, compute: (record) => expression.evaluate(record) },
      { isKey, onError: context.defaults.onError ?? 'quarantine', what: 'stream_maps' },
    );
    setMember(properties, name, isKey ? withoutNull(made.schema) : made.schema);
    columns.push({ name, compute: (record) => made.compute(record) });
  }
  const left = Object.fromEntries(Object.entries(properties).filter(([name]) => kept.has(name)));
  for (const key of keys) {
    if (Object.hasOwn(left, key)) continue;
    const near = nearest(key, Object.keys(left));
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    problem(`the stream has no property ${key}, which is to be a key${hint}`, '__key_properties__');
  }
  const shape: Shape = {
    ...withoutRequired(withProperties(from, left), absent),
    stream: o.name,
    keys,
    bookmarks: from.bookmarks.filter((name) => Object.hasOwn(left, name)),
  };
  const changed = new Set(columns.map(({ name }) => name));
  const holds = filterOf(map.filter, scope, context);
  const newKeys = keys.filter((key) => !changed.has(key) && !from.keys.includes(key));
  const others = map.keepsOthers ? undefined : kept;
  return {
    shape,
    hides: Object.keys(before).filter((name) => !kept.has(name) || (changed.has(name) && !passed.has(name))),
    reuses: [...changed].filter((name) => Object.hasOwn(before, name)),
    plan(record) {
      if (!holds(record)) return undefined;
      const values = columns.map(({ compute }) => compute?.(record));
      for (const key of newKeys) refuseNull(record, key);
      return mapped(record, { columns, values, others });
    },
  };
}

/** The shape in which records need not have some properties. */
function withoutRequired(shape: Shape, names: ReadonlySet<string>): Shape {
  const required = requiredOf(shape).filter((name) => !names.has(name));
  return { ...shape, schema: withMembers(shape.schema, propertiesOf(shape), required) };
}

function mapped(
  record: RecordView,
  o: { columns: readonly Column[]; values: readonly (Json | undefined)[]; others: ReadonlySet<string> | undefined },
): MappedRecord {
  const { columns, others, values } = o;
  return {
    apply() {
      if (others !== undefined) for (const name of record.names()) if (!others.has(name)) record.delete(name);
      columns.forEach(({ name }, i) => {
        const value = values[i];
        if (value === undefined) record.delete(name);
        else record.set(name, value);
      });
    },
    toObject() {
      const changes = new Map(columns.map(({ name }, i) => [name, values[i]]));
      const names = record.names().filter((name) => others?.has(name) !== false);
      const members = names.map((name) => [name, changes.has(name) ? changes.get(name) : record.get(name)] as const);
      const fresh = [...changes].filter(([name]) => !record.has(name));
      return Object.fromEntries([...members, ...fresh].filter(([, value]) => value !== undefined));
    },
  };
}

/** Defined, not assigned: a property may be called `__proto__`. */
function setMember(properties: Record<string, JsonSchema>, name: string, schema: JsonSchema): void {
  Object.defineProperty(properties, name, { value: schema, enumerable: true, configurable: true, writable: true });
}

function refuseNull(record: Fields, key: string): void {
  if ((record.get(key) ?? null) !== null) return;
  throw new RecordFault({
    policy: 'quarantine',
    rule: 'null-key',
    field: key,
    message: 'stream_maps: a key property without a value',
  });
}

function filterOf(text: string | undefined, scope: Scope, context: RuleContext): (record: Fields) => boolean {
  if (text === undefined) return () => true;
  const filter = compileExpression(text, scope, (message) => context.problem(message, '__filter__'));
  const { onError } = context.defaults;
  const policy = onError === undefined || onError === 'null' || onError === 'redact' ? 'fail' : onError;
  return (record) => {
    try {
      return filter.holds(record);
    } catch (error) {
      if (!(error instanceof ValueFault)) throw error;
      throw new RecordFault({ policy, rule: error.rule, field: undefined, message: `__filter__: ${error.message}` });
    }
  };
}

/** The SDK takes `addr.zip` for a property of that name, and lets `addr` pass as it is. */
function tellNested(
  name: string,
  properties: Readonly<Record<string, JsonSchema>>,
  problem: (message: string, at: string) => void,
): void {
  const dot = name.search(/[.[]/);
  if (Object.hasOwn(properties, name) || dot < 0 || !Object.hasOwn(properties, name.slice(0, dot))) return;
  problem(
    `is within ${name.slice(0, dot)}: stream_maps reach properties of the first level only; use transforms for what is nested`,
    name,
  );
}

function tellUnknown(name: string, from: Shape, problem: (message: string, at: string) => void): void {
  const near = nearest(name, Object.keys(propertiesOf(from)));
  problem(`the schema of ${from.stream} has no property ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, name);
}
