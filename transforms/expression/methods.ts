import type { Callable, Callables } from './callable.ts';
import { toDouble } from './numbers.ts';
import { textMethods } from './text-methods.ts';
import { dayMethods, momentMethods, spanMethods } from './time-members.ts';
import { Day, Moment, Span, Zone } from './time-values.ts';
import {
  ANY,
  BOOLEAN,
  INTEGER,
  isSure,
  itemType,
  Kinds,
  listOf,
  memberType,
  NONE,
  NOTHING,
  orNone,
  type Type,
  union,
} from './types.ts';
import { Dict, entriesOf, fault, isEqual, isList, itemsOf, memberOf, numericOf, Tuple, type Value, ValueSet } from './values.ts';

const { dict: DICT, list: LIST, str: STR } = Kinds;

function nothing(message: string): never {
  throw fault(message);
}

/** The methods of dicts. */
const dictMethods: Callables = {
  get: {
    takes: 'key default?',
    // The compiler knows more of a key that is written out.
    type: ([self, , otherwise]) => union(orNone(self!.items ?? ANY), otherwise ?? NOTHING),
    call: ([self, key, otherwise]) => {
      return memberOf(self as Dict, key!) ?? otherwise ?? null;
    },
  },
  keys: { takes: '', type: ([self]) => listOf(itemType({ ...self!, kinds: Kinds.dict })), call: ([self]) => keysOf(self!) },
  values: {
    takes: '',
    type: ([self]) => listOf(self!.items ?? ANY),
    call: ([self]) => entriesOf(self!)!.map(([, value]) => value),
  },
  items: {
    takes: '',
    type: listOf(listOf(ANY)),
    call: ([self]) => entriesOf(self!)!.map(([key, value]) => new Tuple([key, value])),
  },
  copy: { takes: '', type: ([self]) => self!, call: ([self]) => self! },
};

function keysOf(value: Value): Value[] {
  return entriesOf(value)!.map(([key]) => key);
}

/** The methods of lists and tuples. */
const listMethods: Callables = {
  index: {
    takes: 'value',
    type: INTEGER,
    call: ([self, value]) => {
      const index = itemsOf(self!).findIndex((item) => isEqual(item, value!));
      return index < 0 ? nothing('a list that does not contain what is looked for') : index;
    },
  },
  count: {
    takes: 'value',
    type: INTEGER,
    call: ([self, value]) => itemsOf(self!).filter((item) => isEqual(item, value!)).length,
  },
  copy: { takes: '', type: ([self]) => self!, call: ([self]) => (isList(self!) ? self : nothing('a tuple has no copy')) },
};

/** The methods of floats. */
const numberMethods: Callables = {
  is_integer: { takes: '', type: BOOLEAN, call: ([self]) => Number.isInteger(toDouble(numericOf(self!)!)) },
};

/** The methods of each kind of value. */
export const METHODS: readonly { readonly kinds: number; readonly methods: Callables }[] = [
  { kinds: STR, methods: textMethods },
  { kinds: DICT, methods: dictMethods },
  { kinds: LIST, methods: listMethods },
  { kinds: Kinds.day, methods: dayMethods },
  { kinds: Kinds.moment, methods: momentMethods },
  { kinds: Kinds.span, methods: spanMethods },
  { kinds: Kinds.int | Kinds.float, methods: numberMethods },
];

/** Those of a value; undefined if it has none. */
export function methodsOf(value: Value): Callables | undefined {
  if (typeof value === 'string') return textMethods;
  if (isList(value) || value instanceof Tuple) return listMethods;
  if (value instanceof Moment) return momentMethods;
  if (value instanceof Day) return dayMethods;
  if (value instanceof Span) return spanMethods;
  if (value instanceof ValueSet || value instanceof Zone || value === null) return undefined;
  return numericOf(value) === undefined ? dictMethods : numberMethods;
}

/** The type of what a method gives. */
export function resultOf(
  callable: Callable,
  types: readonly (Type | undefined)[],
  { method, key }: { method: string; key: Value | undefined },
): Type {
  if (callable === dictMethods['get'] && method === 'get') {
    const [self, , otherwise] = types;
    const name = typeof key === 'string' ? key : undefined;
    const member = memberType(self!, name);
    return name !== undefined && isSure(self!, name) ? member : union(member, otherwise ?? NONE);
  }
  return typeof callable.type === 'function' ? callable.type(types) : callable.type;
}
