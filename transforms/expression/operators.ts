import type { BinaryOperator, Comparison, UnaryOperator } from './syntax.ts';
import { percentFormat } from './format.ts';
import { limited, MAX_TEXT } from './json-functions.ts';
import { calculate, isFloat, toDouble } from './numbers.ts';
import { timeArithmetic } from './time-members.ts';
import { Span } from './time-values.ts';
import { itemType, Kinds, mayBe, type Type, union } from './types.ts';
import {
  compare,
  Dict,
  fault,
  floatOf,
  intOf,
  isEqual,
  isList,
  isObject,
  itemsOf,
  memberOf,
  numericOf,
  plain,
  Tuple,
  typeName,
  type Value,
  ValueSet,
} from './values.ts';

const { bool: BOOL, day: DAY, float: FLOAT, int: INT, list: LIST, moment: MOMENT, null: NULL, span: SPAN, str: STR } = Kinds;

/** `a operator b`. Null with anything gives null. Throws ValueFault. */
export function binary(operator: BinaryOperator, a: Value, b: Value): Value {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return limited(a + b);
  if (a === null) return null;
  if (operator === '%' && typeof a === 'string') return percentFormat(a, b);
  if (b === null) return null;
  if (typeof a === 'boolean' && typeof b === 'boolean' && isLogical(operator)) return logical(operator, a, b);
  const x = numericOf(a);
  const y = numericOf(b);
  if (x !== undefined && y !== undefined) return calculate(operator, x, y);
  const joined = operator === '+' ? concatenated(a, b) : operator === '*' ? (repeated(a, b) ?? repeated(b, a)) : undefined;
  const result = joined ?? timeArithmetic(operator, a, b);
  if (result === undefined) throw fault(`${operator} does not take ${typeName(a)} and ${typeName(b)}`);
  return result;
}

function isLogical(operator: BinaryOperator): operator is '&' | '|' | '^' {
  return operator === '&' || operator === '|' || operator === '^';
}

function logical(operator: '&' | '|' | '^', a: boolean, b: boolean): boolean {
  if (operator === '^') return a !== b;
  return operator === '&' ? a && b : a || b;
}

function concatenated(a: Value, b: Value): Value | undefined {
  if (isList(a) && isList(b)) return joinedItems(a, b);
  return a instanceof Tuple && b instanceof Tuple ? new Tuple(joinedItems(a.items, b.items)) : undefined;
}

function joinedItems(a: readonly Value[], b: readonly Value[]): Value[] {
  if (a.length + b.length > MAX_TEXT) throw fault('a list that is too long');
  return [...a, ...b];
}

function repeated(a: Value, times: Value): Value | undefined {
  if (typeof a !== 'string' && !isList(a) && !(a instanceof Tuple)) return undefined;
  const number = numericOf(times);
  if (number === undefined || isFloat(number)) return undefined;
  const count = Math.max(0, Number(plain(number)));
  const items = typeof a === 'string' ? a : itemsOf(a);
  if (items.length * count > MAX_TEXT) throw fault('a text or list that is too long');
  if (typeof items === 'string') return items.repeat(items === '' ? 0 : count);
  const all: Value[] = [];
  if (items.length > 0) for (let i = 0; i < count; i++) all.push(...items);
  return a instanceof Tuple ? new Tuple(all) : all;
}

/** `-value` and the like; not of null. Throws ValueFault. */
export function unary(operator: Exclude<UnaryOperator, 'not'>, value: Value): Value {
  if (operator === '-' && value instanceof Span) return new Span(-value.micros);
  const number = numericOf(value);
  if (number === undefined) throw fault(`${operator} does not take ${typeName(value)}`);
  if (isFloat(number)) {
    if (operator === '~') throw fault('~ takes ints');
    return floatOf(operator === '-' ? -toDouble(number) : toDouble(number));
  }
  const int = BigInt(plain(number));
  if (operator === '~') return intOf(~int);
  return intOf(operator === '-' ? -int : int);
}

/** A comparison. Throws ValueFault for values that have no order, null among them. */
export function comparison(operator: Comparison, a: Value, b: Value): boolean {
  switch (operator) {
    case '==':
      return isEqual(a, b);
    case '!=':
      return !isEqual(a, b);
    case '<':
      return compare(a, b) < 0;
    case '<=':
      return compare(a, b) <= 0;
    case '>':
      return compare(a, b) > 0;
    case '>=':
      return compare(a, b) >= 0;
    case 'in':
      return contains(b, a);
    case 'not in':
      return !contains(b, a);
    case 'is':
      return isSame(a, b);
    default:
      return !isSame(a, b);
  }
}

function contains(container: Value, value: Value): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') throw fault(`a text does not contain ${typeName(value)}`);
    return container.includes(value);
  }
  if (container instanceof ValueSet) return container.has(value);
  if (container instanceof Dict || isObject(container)) return memberOf(container, value) !== undefined;
  return itemsOf(container).some((item) => isEqual(item, value));
}

function isSame(a: Value, b: Value): boolean {
  return a === b || (typeName(a) === typeName(b) && numericOf(a) !== undefined && isEqual(a, b));
}

/** The type of `left operator right`; undefined if no values of these types go together. */
export function binaryType(
  operator: BinaryOperator,
  left: Type,
  right: { readonly type: Type; readonly literal: Value | undefined },
): Type | undefined {
  const nulls = (left.kinds | right.type.kinds) & NULL;
  const kinds = numberKinds(operator, left, right) | otherKinds(operator, left, right.type);
  if (kinds === 0) return left.kinds === NULL || right.type.kinds === NULL ? { kinds: NULL } : undefined;
  const isNull = operator === '%' && left.kinds === STR ? 0 : nulls;
  const items = (kinds & LIST) === 0 ? {} : { items: listItems(left, right.type) };
  return { kinds: kinds | isNull, ...items };
}

function numberKinds(
  operator: BinaryOperator,
  left: Type,
  { literal, type: right }: { readonly type: Type; readonly literal: Value | undefined },
): number {
  const NUMERIC = BOOL | INT | FLOAT;
  if (!mayBe(left, NUMERIC) || !mayBe(right, NUMERIC)) return 0;
  const ints = mayBe(left, BOOL | INT) && mayBe(right, BOOL | INT);
  const floats = mayBe(left, FLOAT) || mayBe(right, FLOAT);
  switch (operator) {
    case '&':
    case '|':
    case '^': {
      const bools = mayBe(left, BOOL) && mayBe(right, BOOL) ? BOOL : 0;
      return bools | (ints && (mayBe(left, INT) || mayBe(right, INT)) ? INT : 0);
    }
    case '<<':
    case '>>':
      return ints ? INT : 0;
    case '/':
      return FLOAT;
    case '**': {
      const isSafe = typeof literal === 'number' && literal >= 0;
      return (ints ? INT : 0) | (floats || !isSafe ? FLOAT : 0);
    }
    default:
      return (ints ? INT : 0) | (floats ? FLOAT : 0);
  }
}

function otherKinds(operator: BinaryOperator, left: Type, right: Type): number {
  const WHOLE = BOOL | INT;
  const both = (a: number, b: number): boolean => mayBe(left, a) && mayBe(right, b);
  const either = (a: number, b: number): boolean => both(a, b) || both(b, a);
  switch (operator) {
    case '+':
      return (
        (both(STR, STR) ? STR : 0) |
        (both(LIST, LIST) ? LIST : 0) |
        (both(SPAN, SPAN) ? SPAN : 0) |
        (either(MOMENT, SPAN) ? MOMENT : 0) |
        (either(DAY, SPAN) ? DAY : 0)
      );
    case '-':
      return (
        (both(SPAN, SPAN) || both(MOMENT, MOMENT) || both(DAY, DAY) ? SPAN : 0) |
        (both(MOMENT, SPAN) ? MOMENT : 0) |
        (both(DAY, SPAN) ? DAY : 0)
      );
    case '*':
      return (either(STR, WHOLE) ? STR : 0) | (either(LIST, WHOLE) ? LIST : 0) | (either(SPAN, WHOLE | FLOAT) ? SPAN : 0);
    case '%':
      return mayBe(left, STR) ? STR : 0;
    case '/':
      return both(SPAN, SPAN) ? FLOAT : 0;
    case '//':
      return both(SPAN, SPAN) ? INT : 0;
    default:
      return 0;
  }
}

function listItems(left: Type, right: Type): Type {
  const items = [left, right].filter((type) => mayBe(type, LIST)).map((type) => itemType({ ...type, kinds: LIST }));
  return items.reduce(union);
}
