import type { Column, LogicalType } from '../columns.ts';
import { ExactNumber, isJsonObject, type JsonSchema } from '../json.ts';
import { joinTypes, rank } from './lattice.ts';
import { resolveReferences } from './references.ts';
import { ANNOTATIONS, isNull, membersOf, simplify } from './simple-schema.ts';

/** How deep combinations are followed; a deeper schema is taken as any JSON. */
const MAX_DEPTH = 40;

const PLAIN: ReadonlySet<string> = new Set([...ANNOTATIONS, 'type', 'format']);

/**
 * The schema of a stream's records with every reference resolved and every property that it names, in whichever branch, under
 * `properties`. Undefined if it names none. Pure.
 */
export function resolveSchema(given: JsonSchema): JsonSchema | undefined {
  const schema = resolveReferences(given);
  const { properties, required } = membersOf(schema);
  const own = schema['properties'];
  if (properties.size === 0) return isJsonObject(own) ? schema : undefined;
  if (isJsonObject(own) && properties.size === Object.keys(own).length && !hasBranches(schema)) return schema;
  const { allOf, ...rest } = schema;
  const left = list(allOf).filter((branch) => !isAbsorbed(branch));
  return {
    ...rest,
    ...(left.length > 0 ? { allOf: left } : {}),
    properties: Object.fromEntries(properties),
    ...(required.size > 0 ? { required: [...required] } : {}),
  };
}

const BRANCHES = ['allOf', 'anyOf', 'oneOf', 'then', 'else'] as const;
/** What a branch of `allOf` may say for the properties at the root to say it all. Unnamed fields are let pass anyway. */
const ABSORBED: ReadonlySet<string> = new Set([
  ...ANNOTATIONS,
  'type',
  'properties',
  'required',
  'additionalProperties',
  '$schema',
  '$id',
  'id',
]);

function hasBranches(schema: JsonSchema): boolean {
  return BRANCHES.some((keyword) => schema[keyword] !== undefined);
}

function isAbsorbed(branch: unknown): boolean {
  if (!isJsonObject(branch)) return branch === true;
  const types = branch['type'] === undefined ? ['object'] : list([branch['type']].flat());
  return types.includes('object') && Object.keys(branch).every((keyword) => ABSORBED.has(keyword));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The columns of a resolved object schema, in the order of its properties. */
export function columnsOf(schema: JsonSchema): Column[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).map(([name, property]) => columnOf(name, property));
}

/** The column of one property: the join of everything its schema allows. */
export function columnOf(name: string, property: unknown): Column {
  const schema = isJsonObject(property) ? simplify(property) : {};
  const shape = shapeOf(schema, 0);
  const type = shape.type ?? 'null';
  const nullable = shape.nullable || type === 'null';
  const sqlType = sqlTypeOf(schema);
  return { name, ...shape, type, nullable, ...(sqlType === undefined ? {} : { sqlType }), plain: isPlain(schema, type), schema };
}

/** `x-sql-datatype` of the schema, or of all its branches that are not null. */
function sqlTypeOf(schema: JsonSchema): string | undefined {
  const own = schema['x-sql-datatype'];
  if (typeof own === 'string') return own;
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => list(schema[keyword])).filter((branch) => !isNull(branch));
  const named = new Set(branches.map((branch) => (isJsonObject(branch) ? branch['x-sql-datatype'] : undefined)));
  const [only] = named;
  return named.size === 1 && typeof only === 'string' ? only : undefined;
}

interface Shape {
  /** Undefined: only null, or nothing yet. */
  readonly type: LogicalType | undefined;
  readonly nullable: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly encoding?: 'base64' | 'base16';
}

function shapeOf(given: JsonSchema, depth: number): Shape {
  if (depth > MAX_DEPTH) return ANY;
  const schema = simplify(given);
  const shapes: Shape[] = [];
  if (schema['type'] !== undefined) {
    const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
    shapes.push(joinAll(types.map((type) => shapeOfType(String(type), schema))));
  }
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword];
    if (Array.isArray(branches) && branches.length > 0) {
      const possible = branches.filter((branch) => branch !== false);
      shapes.push(joinAll(possible.map((branch) => (isJsonObject(branch) ? shapeOf(branch, depth + 1) : ANY))));
    }
  }
  if (Array.isArray(schema['allOf'])) {
    for (const branch of schema['allOf']) if (isJsonObject(branch)) shapes.push(shapeOf(branch, depth + 1));
  }
  const known = shapes.filter((shape) => shape !== ANY);
  const nullable = schema['nullable'] === true;
  if (known.length === 0) {
    const values = 'const' in schema ? [schema['const']] : Array.isArray(schema['enum']) ? schema['enum'] : undefined;
    if (values !== undefined) return joinAll(values.map(shapeOfValue));
    return shapes.length > 0 ? shapes[0]! : ANY;
  }
  // All of them hold at once (type beside anyOf, allOf): the narrowest speaks; null only if each allows it.
  const narrowest = known.reduce((a, b) => (rank(b.type) < rank(a.type) ? b : a));
  return { ...narrowest, nullable: nullable || known.every((shape) => shape.nullable) };
}

const ANY: Shape = { type: 'json', nullable: true };

/** Types by `format`, for strings. Formats that only restrict text (email, uri) leave a string. */
const STRING_FORMATS: Readonly<Record<string, LogicalType>> = {
  'date-time': 'datetime',
  date: 'date',
  time: 'time',
  duration: 'duration',
  uuid: 'uuid',
  'singer.decimal': 'decimal',
  'x-singer.decimal': 'decimal',
};

function shapeOfType(type: string, schema: JsonSchema): Shape {
  switch (type) {
    case 'null':
      return { type: undefined, nullable: true };
    case 'string':
      return shapeOfString(schema);
    case 'integer':
    case 'number':
    case 'boolean':
    case 'object':
    case 'array':
      return { type, nullable: schema['nullable'] === true };
    default:
      return ANY;
  }
}

function shapeOfString(schema: JsonSchema): Shape {
  const nullable = schema['nullable'] === true;
  const encoding = schema['contentEncoding'];
  if (encoding === 'base64' || encoding === 'base16') return { type: 'binary', nullable, encoding };
  if (schema['contentMediaType'] === 'application/json') return { type: 'json', nullable };
  const type = STRING_FORMATS[String(schema['format'])] ?? 'string';
  if (type !== 'decimal') return { type, nullable };
  // The SDK writes the size beside the format, either plainly or below `x-singer.decimal`.
  const beside = isJsonObject(schema['x-singer.decimal']) ? schema['x-singer.decimal'] : schema;
  const precision = beside['precision'];
  const scale = beside['scale'];
  return typeof precision === 'number'
    ? { type, nullable, precision, scale: typeof scale === 'number' ? scale : 0 }
    : { type, nullable };
}

function shapeOfValue(value: unknown): Shape {
  if (value === null) return { type: undefined, nullable: true };
  if (value instanceof ExactNumber) return { type: /^-?\d+$/.test(value.text) ? 'integer' : 'number', nullable: false };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number', nullable: false };
  if (typeof value === 'boolean') return { type: 'boolean', nullable: false };
  if (typeof value === 'string') return { type: 'string', nullable: false };
  return { type: Array.isArray(value) ? 'array' : 'object', nullable: false };
}

function joinAll(shapes: readonly Shape[]): Shape {
  return shapes.length === 0 ? ANY : shapes.reduce(join);
}

function join(a: Shape, b: Shape): Shape {
  const nullable = a.nullable || b.nullable;
  if (a.type === undefined) return { ...b, nullable };
  if (b.type === undefined) return { ...a, nullable };
  if (a.type === b.type && a.encoding === b.encoding && a.precision === b.precision && a.scale === b.scale)
    return { ...a, nullable };
  // Two encodings of binary text can only be kept as text.
  if (a.type === 'binary' && b.type === 'binary') return { type: 'string', nullable };
  return { type: joinTypes(a.type, b.type), nullable };
}

function isPlain(schema: JsonSchema, type: LogicalType): boolean {
  const types = Array.isArray(schema['type']) ? schema['type'].filter((t) => t !== 'null') : [schema['type']];
  if (types.length !== 1 || type === 'json' || type === 'null') return false;
  return Object.keys(schema).every(isUnasking);
}

/** True for keywords that ask no more of a value than the column's type does. */
export function isUnasking(keyword: string): boolean {
  return PLAIN.has(keyword) || keyword.startsWith('x-');
}
