import type { Column, LogicalType } from '../columns.ts';
import { isJsonObject, type JsonSchema } from '../json.ts';

/** How deep `$ref`s and combinations are followed; a deeper (or endless) schema is taken as any JSON. */
const MAX_DEPTH = 40;

/** Keywords that say nothing about validity, so that a column which has no others is `plain`. */
const ANNOTATIONS = new Set([
  'type', 'format', 'title', 'description', 'default', 'examples', 'example', '$comment', 'readOnly', 'writeOnly', 'deprecated', 'selected', 'inclusion',
]); // prettier-ignore

/** The same schema with every `$ref` inside the document replaced by what it points to; a cycle ends in `{}` (any value). */
export function resolveReferences(root: JsonSchema): JsonSchema {
  return resolve(root, root, [], 0) as JsonSchema;
}

function resolve(node: unknown, root: JsonSchema, open: readonly string[], depth: number): unknown {
  if (Array.isArray(node)) return node.map((item) => resolve(item, root, open, depth + 1));
  if (!isJsonObject(node)) return node;
  if (depth > MAX_DEPTH) return {};
  const reference = node['$ref'];
  if (typeof reference === 'string') {
    const target = open.includes(reference) ? undefined : pointer(root, reference);
    const { $ref: _, ...siblings } = node;
    const found = target === undefined ? {} : resolve(target, root, [...open, reference], depth + 1);
    return Object.assign({}, found, siblings);
  }
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolve(value, root, open, depth + 1)]));
}

/** What a local JSON pointer (`#/definitions/x`) points to; undefined for anything else. */
function pointer(root: JsonSchema, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let node: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(node)) node = node[Number(name)];
    else if (isJsonObject(node) && Object.hasOwn(node, name)) node = node[name];
    else return undefined;
  }
  return node;
}

/** The columns of a resolved object schema, in the order of its properties. */
export function columnsOf(schema: JsonSchema): Column[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).map(([name, property]) => columnOf(name, property));
}

/** The column of one property: the join of everything its schema allows. */
export function columnOf(name: string, property: unknown): Column {
  const schema = isJsonObject(property) ? property : {};
  const shape = shapeOf(schema, 0);
  const type = shape.type ?? 'null';
  const nullable = shape.nullable || type === 'null';
  return { name, ...shape, type, nullable, plain: isPlain(schema, type), schema };
}

interface Shape {
  /** Undefined: only null, or nothing yet. */
  readonly type: LogicalType | undefined;
  readonly nullable: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly encoding?: 'base64' | 'base16';
}

function shapeOf(schema: JsonSchema, depth: number): Shape {
  if (depth > MAX_DEPTH) return { type: 'json', nullable: true };
  const shapes: Shape[] = [];
  if (schema['type'] !== undefined) {
    const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
    shapes.push(joinAll(types.map((type) => shapeOfType(String(type), schema))));
  }
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword];
    if (Array.isArray(branches) && branches.length > 0) {
      shapes.push(joinAll(branches.map((branch) => (isJsonObject(branch) ? shapeOf(branch, depth + 1) : ANY))));
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
    if (isJsonObject(schema['properties'])) return { type: 'object', nullable: true };
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

/** The narrowest type that holds values of both: the lattice of docs/types.md. */
export function joinTypes(a: LogicalType, b: LogicalType): LogicalType {
  if (a === b) return a;
  const steps = WIDER[a];
  if (steps.includes(b)) return b;
  if (WIDER[b].includes(a)) return a;
  return steps.find((type) => WIDER[b].includes(type)) ?? 'json';
}

/** What each type may widen to, nearest first. */
export const WIDER: Readonly<Record<LogicalType, readonly LogicalType[]>> = {
  null: ['boolean', 'integer', 'number', 'decimal', 'date', 'datetime', 'time', 'duration', 'uuid', 'binary', 'string', 'object', 'array', 'json'],
  boolean: ['string', 'json'],
  integer: ['decimal', 'number', 'string', 'json'],
  decimal: ['number', 'string', 'json'],
  number: ['string', 'json'],
  date: ['datetime', 'string', 'json'],
  datetime: ['string', 'json'],
  time: ['string', 'json'],
  duration: ['string', 'json'],
  uuid: ['string', 'json'],
  binary: ['string', 'json'],
  string: ['json'],
  object: ['json'],
  array: ['json'],
  json: [],
}; // prettier-ignore

function rank(type: LogicalType | undefined): number {
  return type === undefined ? 0 : 20 - WIDER[type].length;
}

function isPlain(schema: JsonSchema, type: LogicalType): boolean {
  const types = Array.isArray(schema['type']) ? schema['type'].filter((t) => t !== 'null') : [schema['type']];
  if (types.length !== 1 || type === 'json' || type === 'null') return false;
  return Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword) || keyword.startsWith('x-'));
}
