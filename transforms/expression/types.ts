import { ExactNumber, isJsonObject, type Json, type JsonSchema } from '../../singer/index.ts';
import { simplify } from '../../singer/mapper/index.ts';
import { isNullable, nullable } from '../schemas.ts';
import { requiredOf } from '../engine/shape.ts';

/** What a value may be, as bits. */
export const Kinds = {
  null: 1,
  bool: 2,
  int: 4,
  float: 8,
  str: 16,
  list: 32,
  dict: 64,
  day: 128,
  moment: 256,
  span: 512,
  set: 1024,
  zone: 2048,
} as const;

const { bool: BOOL, dict: DICT, float: FLOAT, int: INT, list: LIST, null: NULL, str: STR } = Kinds;
const ANY_JSON = NULL | BOOL | INT | FLOAT | STR | LIST | DICT;

/** What is known of a value before there is one. */
export interface Type {
  readonly kinds: number;
  /** Says more than the kinds do; true for every value of the type, null too if the kinds have it. */
  readonly schema?: JsonSchema;
  /** The items of a list, the members of a dict; absent: anything. */
  readonly items?: Type;
}

export const ANY: Type = { kinds: ANY_JSON };
export const NONE: Type = { kinds: NULL };
export const BOOLEAN: Type = { kinds: BOOL };
export const INTEGER: Type = { kinds: INT };
export const NUMBER: Type = { kinds: INT | FLOAT };
export const FLOATING: Type = { kinds: FLOAT };
export const TEXT: Type = { kinds: STR };
export const DAY: Type = { kinds: Kinds.day };
export const MOMENT: Type = { kinds: Kinds.moment };
export const SPAN: Type = { kinds: Kinds.span };
export const ZONE: Type = { kinds: Kinds.zone };

export function listOf(items: Type): Type {
  return { kinds: LIST, items };
}

/** The type of a JSON value that is known already. */
export function typeOfValue(value: Json): Type {
  if (value === null) return NONE;
  switch (typeof value) {
    case 'string':
      return TEXT;
    case 'boolean':
      return BOOLEAN;
    case 'number':
      return Number.isInteger(value) ? INTEGER : FLOATING;
    default:
      break;
  }
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? INTEGER : FLOATING;
  if (Array.isArray(value)) return listOf(value.map((item: Json) => typeOfValue(item)).reduce(union, NOTHING));
  return dictOf(Object.entries(value).map(([name, member]) => [name, typeOfValue(member as Json)]));
}

/** The type of nothing at all: of the items of an empty list. */
export const NOTHING: Type = { kinds: 0 };

export function dictOf(members: readonly (readonly [string, Type])[]): Type {
  const properties = Object.fromEntries(members.map(([name, type]) => [name, schemaOf(type)]));
  return {
    kinds: DICT,
    schema: { type: ['object'], properties, required: Object.keys(properties) },
    items: members.map(([, type]) => type).reduce(union, NOTHING),
  };
}

/** The type of a value of a schema. */
export function typeOfSchema(schema: JsonSchema): Type {
  const simple = simplify(schema);
  return { kinds: kindsOf(simple, 0), schema: simple };
}

function kindsOf(schema: JsonSchema, depth: number): number {
  if (depth > 20) return ANY_JSON;
  const extra = schema['nullable'] === true ? NULL : 0;
  const { anyOf, oneOf, type } = schema;
  if (type !== undefined)
    return [type]
      .flat()
      .reduce<number>((kinds, name) => kinds | ((typeof name === 'string' ? BY_NAME[name] : undefined) ?? ANY_JSON), extra);
  const branches = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined;
  if (branches !== undefined) {
    return branches.reduce<number>(
      (kinds, branch) => kinds | (isJsonObject(branch) ? kindsOf(branch, depth + 1) : ANY_JSON),
      extra,
    );
  }
  return ANY_JSON;
}

const BY_NAME: Readonly<Record<string, number>> = {
  null: NULL,
  boolean: BOOL,
  // 1.0 is an integer to a schema and a float to an expression; whatever is done with it gives an integer of the schema's kind.
  integer: INT,
  number: INT | FLOAT,
  string: STR,
  array: LIST,
  object: DICT,
};

/** The schema of a type: true for every value of it. */
export function schemaOf({ items, kinds, schema }: Type): JsonSchema {
  if (schema !== undefined) return schema;
  if ((kinds & ANY_JSON) === ANY_JSON) return {};
  const texts = kinds & (STR | Kinds.day | Kinds.moment | Kinds.span);
  const types = [
    ...(texts === 0 ? [] : ['string']),
    ...((kinds & FLOAT) !== 0 ? ['number'] : (kinds & INT) !== 0 ? ['integer'] : []),
    ...((kinds & BOOL) !== 0 ? ['boolean'] : []),
    ...((kinds & (LIST | Kinds.set)) !== 0 ? ['array'] : []),
    ...((kinds & DICT) !== 0 ? ['object'] : []),
    ...((kinds & NULL) !== 0 ? ['null'] : []),
  ];
  if (types.length === 0) return {};
  return {
    type: types,
    ...(texts === Kinds.day ? { format: 'date' } : texts === Kinds.moment ? { format: 'date-time' } : {}),
    ...((kinds & LIST) !== 0 && items !== undefined ? { items: schemaOf(items) } : {}),
  };
}

export function mayBe({ kinds }: Type, kind: number): boolean {
  return (kinds & kind) !== 0;
}

/** The type, and null too. */
export function orNone(type: Type): Type {
  if (mayBe(type, NULL)) return type;
  return {
    ...type,
    kinds: type.kinds | NULL,
    ...(type.schema === undefined ? {} : { schema: nullable(type.schema) }),
  };
}

/** The type without null. */
export function notNone(type: Type): Type {
  if (!mayBe(type, NULL)) return type;
  const { items, kinds, schema } = type;
  const bare = schema === undefined ? undefined : withoutNull(schema);
  return {
    kinds: kinds & ~NULL,
    ...(bare === undefined ? {} : { schema: bare }),
    ...(items === undefined ? {} : { items }),
  };
}

/** Undefined if there is no simple way to say it. */
function withoutNull(schema: JsonSchema): JsonSchema | undefined {
  if (!isNullable(schema)) return schema;
  const { type, ...rest } = schema;
  if (!Array.isArray(type) || Object.keys(rest).some((keyword) => ENTANGLED.has(keyword))) return undefined;
  return { ...rest, type: type.filter((name) => name !== 'null') };
}

const ENTANGLED: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'enum', 'const', 'nullable', 'not', 'if']);

/** What is one or the other. */
export function union(a: Type, b: Type): Type {
  if (a.kinds === 0) return b;
  if (b.kinds === 0) return a;
  if (a.kinds === NULL) return orNone(b);
  if (b.kinds === NULL) return orNone(a);
  const kinds = a.kinds | b.kinds;
  const itemsA = a.items ?? itemsOfSchema(a.schema);
  const itemsB = b.items ?? itemsOfSchema(b.schema);
  const items = itemsA !== undefined && itemsB !== undefined ? { items: union(itemsA, itemsB) } : {};
  if (a.schema === undefined && b.schema === undefined) return { kinds, ...items };
  const [schemaA, schemaB] = [schemaOf(orNoneIf(a, kinds)), schemaOf(orNoneIf(b, kinds))];
  // Two that differ are no more than their kinds: destinations have little use for alternatives.
  return JSON.stringify(schemaA) === JSON.stringify(schemaB) ? { kinds, schema: schemaA, ...items } : { kinds, ...items };
}

function orNoneIf(type: Type, kinds: number): Type {
  return (kinds & NULL) === 0 ? type : orNone(type);
}

function itemsOfSchema(schema: JsonSchema | undefined): Type | undefined {
  return schema !== undefined && isJsonObject(schema['items']) ? typeOfSchema(schema['items']) : undefined;
}

/** What a loop over a value of the type takes in turn. */
export function itemType(type: Type): Type {
  if (mayBe(type, LIST | Kinds.set)) {
    const items = type.items ?? itemsOfSchema(type.schema) ?? ANY;
    return mayBe(type, STR | DICT) ? union(items, TEXT) : items;
  }
  // The keys of an object of the record are texts; a dict of the expression may have others.
  if (mayBe(type, DICT)) return type.items === undefined || type.schema !== undefined ? TEXT : ANY;
  return TEXT;
}

/** The type of a member: of that name, or of any if none is given. Null is not counted in for a member that may be missing. */
export function memberType(type: Type, name: string | undefined): Type {
  const properties = type.schema?.['properties'];
  if (name !== undefined && isJsonObject(properties)) {
    if (Object.hasOwn(properties, name) && isJsonObject(properties[name])) return typeOfSchema(properties[name]);
    return ANY;
  }
  return type.items ?? ANY;
}

/** True if every valid object of the type has the member. */
export function isSure(type: Type, name: string): boolean {
  return type.schema !== undefined && requiredOf({ schema: type.schema }).includes(name);
}

/** The kind of a JSON value, with the kinds that its number may be written as. */
export function kindOfValue(value: Json): number {
  const { kinds } = typeOfValue(value);
  return (kinds & (INT | FLOAT)) === 0 ? kinds : INT | FLOAT;
}
