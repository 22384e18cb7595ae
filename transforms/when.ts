import { ExactNumber, isJsonObject, type Json, nearest } from '../singer/index.ts';
import { compileExpression } from './expression/index.ts';
import { kindOfValue, mayBe, typeOfSchema } from './expression/types.ts';
import { compare, isEqual } from './expression/values.ts';
import { ValueFault } from './fault.ts';
import type { Fields } from './operation.ts';
import { allPlaces, ITEMS, type Place, placesOf } from './path.ts';
import { textOf } from './record.ts';
import { compileRegex } from './regex.ts';
import type { RuleContext, Shape } from './rule.ts';

/** True for the records that a condition is for. Throws ValueFault. */
export type Condition = (record: Fields) => boolean;

/**
 * Compiles a condition: an expression, a condition on one field (`{ field, equals | in | matches | gt | lt | gte | lte | is_null }`), a
 * list of conditions that must all hold, or `{ all }`, `{ any }`, `{ not }`. Tells `context` what is wrong.
 */
export function compileWhen(given: Json, shape: Shape, context: RuleContext): Condition {
  return compileCondition(given, '', { shape, context });
}

interface Compiling {
  readonly shape: Shape;
  readonly context: RuleContext;
}

function compileCondition(given: Json, at: string, o: Compiling): Condition {
  if (typeof given === 'string') {
    const { context, shape } = o;
    const { keys, stream, vars } = context;
    const report = (message: string): void => context.problem(message, at);
    const expression = compileExpression(given, { shape, config: vars, stream, keys }, report);
    return (record) => expression.holds(record);
  }
  if (Array.isArray(given)) return allOf(given, at, o);
  if (isJsonObject(given)) return compileObject(given as Readonly<Record<string, Json>>, at, o);
  o.context.problem('must be an expression, a condition, or a list of conditions', at);
  return () => false;
}

function allOf(given: readonly Json[], at: string, o: Compiling): Condition {
  const all = given.map((condition, i) => compileCondition(condition, `${at}[${i}]`, o));
  return (record) => all.every((condition) => condition(record));
}

const JUNCTIONS = ['all', 'any', 'not'] as const;

function compileObject(given: Readonly<Record<string, Json>>, at: string, o: Compiling): Condition {
  const below = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const junction = JUNCTIONS.find((name) => Object.hasOwn(given, name));
  if (junction === undefined || Object.hasOwn(given, 'field')) return fieldCondition(given, below, o);
  const others = Object.keys(given).filter((name) => name !== junction);
  if (others.length > 0) o.context.problem(`does not go with ${junction}`, below(others[0]!));
  const inner = given[junction]!;
  if (junction === 'not') {
    const condition = compileCondition(inner, below('not'), o);
    return (record) => !condition(record);
  }
  if (!Array.isArray(inner)) {
    o.context.problem('must be a list of conditions', below(junction));
    return () => false;
  }
  if (junction === 'all') return allOf(inner as Json[], below('all'), o);
  const any = (inner as Json[]).map((condition, i) => compileCondition(condition, `${below('any')}[${i}]`, o));
  return (record) => any.some((condition) => condition(record));
}

/** What an operand makes of a value; an absent one counts as null. Undefined if the operand is not right, which was told. */
type Test = (value: Json) => boolean;
type Operator = (operand: Json, o: { place: Place; problem: (message: string) => void }) => Test | undefined;

const OPERATORS: Readonly<Record<string, Operator>> = {
  equals: (operand, { place, problem }) => {
    neverEqual(operand, place, problem);
    return (value) => isSame(value, operand);
  },
  in: (operand, { place, problem }) => {
    if (!Array.isArray(operand)) return wrong(problem, 'must be a list');
    const values = operand as readonly Json[];
    for (const one of values) neverEqual(one, place, problem);
    return (value) => values.some((one) => isSame(value, one));
  },
  matches: (operand, { problem }) => {
    if (typeof operand !== 'string') return wrong(problem, 'must be a regular expression');
    const regex = compileRegex(operand, '', (message) => problem(`is wrong: ${message}`));
    return (value) => value !== null && regex.test(textOf(value));
  },
  gt: order((order) => order > 0),
  lt: order((order) => order < 0),
  gte: order((order) => order >= 0),
  lte: order((order) => order <= 0),
  is_null: (operand, { problem }) => {
    if (typeof operand !== 'boolean') return wrong(problem, 'must be true or false');
    return (value) => (value === null) === operand;
  },
};

function wrong(problem: (message: string) => void, message: string): undefined {
  problem(message);
  return undefined;
}

function order(holds: (order: number) => boolean): Operator {
  return (operand, { place, problem }) => {
    if (typeof operand !== 'string' && typeof operand !== 'number' && !(operand instanceof ExactNumber)) {
      return wrong(problem, 'must be a number or a text');
    }
    neverEqual(operand, place, problem);
    return (value) => {
      if (value === null) return false;
      if (typeof value === 'boolean' || (typeof value === 'string') !== (typeof operand === 'string')) {
        throw new ValueFault('condition-type', 'a condition compares a number with something else');
      }
      return holds(compare(value, operand));
    };
  };
}

/** A condition that can never hold is a mistake, and where something is to be hidden, a dangerous one. */
function neverEqual(operand: Json, { schema }: Place, problem: (message: string) => void): void {
  if (operand !== null && !mayBe(typeOfSchema(schema), kindOfValue(operand))) {
    problem('is of another type than the field, so that the condition would never hold');
  }
}

/** Equal values of one kind: 1 and 1.0 are, 1 and true are not. */
function isSame(a: Json, b: Json): boolean {
  return (typeof a === 'boolean') === (typeof b === 'boolean') && isEqual(a, b);
}

function fieldCondition(
  given: Readonly<Record<string, Json>>,
  below: (name: string) => string,
  { context, shape }: Compiling,
): Condition {
  const { field, ...operands } = given;
  const names = Object.keys(operands);
  if (typeof field !== 'string') {
    context.problem('must be the name of a field', below('field'));
    return () => false;
  }
  const place = placesOf(field, shape).find(({ text }) => text === field);
  if (place === undefined || place.steps.includes(ITEMS)) {
    const near = nearest(field, allPlaces(shape));
    const what = place === undefined ? `the schema of ${shape.stream} has no field ${field}` : `${field} is in a list`;
    context.problem(`${what}${near === undefined || place !== undefined ? '' : `; did you mean ${near}?`}`, below('field'));
    return () => false;
  }
  if (names.length === 0) context.problem(`needs one of ${Object.keys(OPERATORS).join(', ')}`, below(''));
  const tests = names.flatMap((name) => {
    const problem = (message: string): void => context.problem(message, below(name));
    if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name]!(operands[name]!, { place, problem }) ?? [];
    const near = nearest(name, ['field', ...Object.keys(OPERATORS)]);
    problem(`is not known in a condition${near === undefined ? '' : `; did you mean ${near}?`}`);
    return [];
  });
  return (record) => {
    const value = valueAt(record, place);
    return tests.every((test) => test(value));
  };
}

/** The value of a place; null if a part of the way is absent, or of another kind. */
function valueAt(record: Fields, { name, steps }: Place): Json {
  let value = record.get(name);
  for (const step of steps) {
    value = isJsonObject(value) && typeof step === 'string' && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value ?? null;
}
