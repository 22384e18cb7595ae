import * as fc from 'fast-check';
import { isJsonObject, type Json, type JsonSchema } from '../../singer/json.ts';
import { nastyStrings, numberTexts, objectText, stringText, timeTexts, type Spelling } from './json-lines.ts';

/** Random schemas, and random RECORD lines that fit them most of the time. */

const TYPES: readonly JsonSchema[] = [
  { type: 'string' }, { type: 'integer' }, { type: 'number' }, { type: 'boolean' }, { type: 'object' }, { type: 'array' },
  { type: 'string', format: 'date-time' }, { type: 'string', format: 'date' }, { type: 'string', format: 'time' },
  { type: 'string', format: 'uuid' }, { type: 'string', format: 'singer.decimal' },
  { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 }, { type: 'string', format: 'email' }, { type: 'number', multipleOf: 0.01 }, { type: 'string', contentEncoding: 'base64' }, {},
  { type: 'string', minLength: 1, maxLength: 4 }, { type: 'string', enum: ['', 'a', 'ключ'] }, { type: 'integer', minimum: 0 }, { type: 'number', exclusiveMaximum: 1000 },
  { type: 'array', items: { type: 'string' } }, { type: 'object', properties: { a: { type: ['null', 'number'] }, '1': {} }, additionalProperties: true }, { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
]; // prettier-ignore

const NAMES = [
  'id',
  'a',
  'b',
  'name',
  'Name',
  'a"b',
  'ключ',
  'back\\slash',
  'tab\t',
  '',
  '__proto__',
  'constructor',
  '1',
  'a b',
  'record',
  'type',
];

export interface RandomSchema {
  readonly schema: JsonSchema;
  readonly keys: readonly string[];
  readonly names: readonly string[];
}

export const randomSchemas: fc.Arbitrary<RandomSchema> = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 7 })
  .chain((names) =>
    fc.record({
      types: fc.tuple(...names.map(() => fc.tuple(fc.constantFrom(...TYPES), fc.boolean()))),
      required: fc.subarray(names),
      keys: fc.oneof(fc.constant([]), fc.subarray(names, { maxLength: 1 })),
      names: fc.constant(names),
    }),
  )
  .map(({ names, types, required, keys }) => {
    const properties = names.map((name, i) => {
      const [type, nullable] = types[i]!;
      return [name, nullable && type['type'] !== undefined ? { ...type, type: ['null', type['type']] } : type] as const;
    });
    return { schema: { type: 'object', properties: Object.fromEntries(properties), required }, keys, names };
  });

/** A value's JSON text for a property, right most of the time. */
function valueText(g: fc.GeneratorValue, property: JsonSchema, spelling: Spelling): string {
  if (g(fc.nat, { max: 19 }) === 0)
    return g(() => fc.constantFrom('null', 'true', '0', '"x"', '{}', '[', '', 'nul', '"\\x"', '"\n"'));
  const types = [property['type']].flat();
  if (types.includes('null') && g(fc.nat, { max: 4 }) === 0) return 'null';
  const format = property['format'];
  const type = types.find((name) => name !== 'null') ?? g(() => fc.constantFrom('string', 'number', 'object', 'boolean'));
  if (type === 'string') {
    if (format === 'uuid')
      return stringText(
        g(() => fc.oneof(fc.uuid(), fc.constant('no'))),
        spelling,
      );
    if (format === 'singer.decimal')
      return stringText(
        g(() => numberTexts),
        spelling,
      );
    if (format !== undefined && format !== 'email')
      return stringText(
        g(() => timeTexts),
        spelling,
      );
    const value = g(() => nastyStrings);
    return stringText(value, spelling, new Set(g(() => fc.array(fc.nat({ max: value.length }), { maxLength: 1 }))));
  }
  if (type === 'integer') return g(() => fc.oneof(fc.integer().map(String), numberTexts));
  if (type === 'number') return g(() => numberTexts);
  if (type === 'boolean') return g(() => fc.constantFrom('true', 'false'));
  return nestedText(g, spelling, type === 'array' ? 'array' : 'object', 0);
}

function nestedText(g: fc.GeneratorValue, spelling: Spelling, type: 'array' | 'object', depth: number): string {
  const size = g(fc.nat, { max: depth > 2 ? 0 : 3 });
  const items = Array.from({ length: size }, () => {
    switch (g(fc.nat, { max: 4 })) {
      case 0:
        return nestedText(g, spelling, 'object', depth + 1);
      case 1:
        return nestedText(g, spelling, 'array', depth + 1);
      case 2:
        return g(() => numberTexts);
      case 3:
        return g(() => fc.constantFrom('true', 'null', 'false', ' 1 '));
      default:
        return stringText(
          g(() => nastyStrings),
          spelling,
        );
    }
  });
  if (type === 'array') return `[${items.join(`,${spelling.afterComma}`)}]`;
  return objectText(
    items.map((item) => [g(() => fc.oneof(fc.constantFrom('a', 'b', '1', '__proto__', 'x y'), nastyStrings)), item]),
    spelling,
  );
}

/** One line, and what is done to it now and then: order, missing and extra names, damage. */
export function lineText(
  g: fc.GeneratorValue,
  schema: JsonSchema,
  names: readonly string[],
  spelling: Spelling,
  stream: string,
): string {
  const properties = schema['properties'] as Record<string, JsonSchema>;
  const members = names.map((name) => [name, valueText(g, properties[name]!, spelling)] as const);
  const kept = members.filter(() => g(fc.nat, { max: 9 }) > 0);
  if (g(fc.nat, { max: 19 }) === 0 && kept.length > 0) kept.push(kept[0]!);
  if (g(fc.nat, { max: 19 }) === 0)
    kept.push([
      g(() => fc.constantFrom('extra', '_sdc_deleted_at', '_sdc_x')),
      g(() => fc.constantFrom('null', '"2024-01-01"', '1')),
    ]);
  const record = objectText(kept, spelling);
  const envelope: [string, string][] = [['type', '"RECORD"'], ['stream', stringText(stream, spelling)], ['record', record]]; // prettier-ignore
  if (g(fc.nat, { max: 1 }) === 0)
    envelope.push([
      'time_extracted',
      stringText(
        g(() => timeTexts),
        spelling,
      ),
    ]);
  if (g(fc.nat, { max: 3 }) === 0) envelope.push(['version', g(() => numberTexts)]);
  if (g(fc.nat, { max: 19 }) === 0) envelope.push(['more', '{"a":1}']);
  const text = objectText(g(fc.nat, { max: 9 }) === 0 ? envelope.toReversed() : envelope, spelling);
  return g(fc.nat, { max: 9 }) === 0 ? damaged(g, text) : text;
}

function damaged(g: fc.GeneratorValue, text: string): string {
  const at = g(fc.nat, { max: text.length });
  switch (g(fc.nat, { max: 4 })) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return (
        text.slice(0, at) + g(() => fc.constantFrom(' ', '"', ',', '{', '}', '\\', '0', '\t', '\r', '\u0001')) + text.slice(at)
      );
    case 2:
      return text.slice(0, at);
    case 3:
      return `${text}\r`;
    default:
      return `${text}${g(() => fc.constantFrom(' ', '}', 'x'))}`;
  }
}

/** A right line of a record, in some spelling. */
export function tidyLine(row: object, spelling: Spelling, stream: string): string {
  const members = Object.entries(row).map(([name, value]) => [name, tidyText(value as Json, spelling)] as const);
  return objectText(
    [
      ['type', '"RECORD"'],
      ['stream', stringText(stream, spelling)],
      ['record', objectText(members, spelling)],
      ['time_extracted', '"2026-11-21T06:00:00.123456Z"'],
    ],
    spelling,
  );
}

function tidyText(value: Json, spelling: Spelling): string {
  if (typeof value === 'string') return stringText(value, spelling);
  if (Array.isArray(value)) return `[${value.map((item: Json) => tidyText(item, spelling)).join(`,${spelling.afterComma}`)}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return objectText(
    Object.entries(value).map(([name, member]) => [name, tidyText(member!, spelling)]),
    spelling,
  );
}
