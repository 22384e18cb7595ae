import { columnOf, ExactNumber, isJsonObject, type Json, type JsonSchema } from '../../singer/index.ts';
import { simplify } from '../../singer/mapper/index.ts';
import type { Erasable, Eraser } from '../../privacy/eraser.ts';

/** Formats whose values an eraser keeps valid. */
const FORMATS: ReadonlySet<string> = new Set([
  'email',
  'date',
  'date-time',
  'time',
  'uuid',
  'ipv4',
  'ipv6',
  'uri',
  'hostname',
  'singer.decimal',
  'x-singer.decimal',
]);

/** Keywords that hold for what an eraser makes as they did before. */
const KEPT: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'maxLength',
  'minimum',
  'maximum',
  'required',
  'contentEncoding',
  'contentMediaType',
  'additionalProperties',
]);

/** The schema of values of which some were erased. Keywords that only some replacement would obey go (enum, pattern, minLength). */
export function erasedSchema(schema: JsonSchema): JsonSchema {
  const simple = simplify(schema);
  const out: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(simple)) {
    if (KEPT.has(keyword) || keyword.startsWith('x-')) out[keyword] = value;
    else if (keyword === 'multipleOf' && isDecimalPlace(value)) out[keyword] = value;
    else if (keyword === 'format' && FORMATS.has(String(value))) out[keyword] = value;
    else if (keyword === 'items' && isJsonObject(value)) out[keyword] = erasedSchema(value);
    else if (keyword === 'properties' && isJsonObject(value)) out[keyword] = membersOf(value);
    else if (['anyOf', 'oneOf', 'allOf'].includes(keyword) && Array.isArray(value)) {
      const branches: readonly unknown[] = value;
      out[keyword === 'oneOf' ? 'anyOf' : keyword] = branches.map((branch) =>
        isJsonObject(branch) ? erasedSchema(branch) : branch,
      );
    }
  }
  return out;
}

function membersOf(properties: Readonly<Record<string, unknown>>): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, isJsonObject(inner) ? erasedSchema(inner) : {}]),
  );
}

/** 0.01, 0.001: digits after the point, which stay as many. */
function isDecimalPlace(value: unknown): boolean {
  return /^(?:0\.0*1|1e-\d+|1)$/.test(value instanceof ExactNumber ? value.text : String(value));
}

/** Erases a value of a schema. */
export function eraseValue(eraser: Eraser, value: Json, schema: JsonSchema, field: string): Json {
  if (isJsonObject(value)) {
    const properties = simplify(schema)['properties'];
    const inner = (name: string): JsonSchema =>
      isJsonObject(properties) && isJsonObject(properties[name]) ? properties[name] : {};
    const members = Object.entries(value).map(([name, member]) => [
      name,
      member === undefined ? undefined : eraseValue(eraser, member, inner(name), `${field}.${name}`),
    ]);
    return Object.fromEntries(members) as Json;
  }
  if (Array.isArray(value)) {
    const { items } = simplify(schema);
    const inner = isJsonObject(items) ? items : {};
    return (value as readonly Json[]).map((item) => eraseValue(eraser, item, inner, `${field}[]`));
  }
  const { contentEncoding, format, maximum, maxLength, minimum } = simplify(schema);
  const made = eraser.erase(value as Erasable, {
    field,
    format: typeof format === 'string' ? format : undefined,
    maxLength: numberOf(maxLength),
    minimum: numberOf(minimum),
    maximum: numberOf(maximum),
    isEncoded: contentEncoding !== undefined,
    nullable: columnOf('', schema).nullable,
  });
  return value instanceof ExactNumber ? new ExactNumber((made as ExactNumber).text) : made;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof ExactNumber ? Number(value.text) : undefined;
}
