import {
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  parseExact,
  resolveSchema,
  stripExact,
} from '../../singer/index.ts';
import type { Validate } from '../../singer/mapper/index.ts';
import { propertiesOf, withProperties } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { withSchemaAt, withValueAt } from '../path.ts';
import { membersAt, namesIn } from '../places.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';
import { isNullable, nullable } from '../schemas.ts';
import { validatorOf } from '../validator.ts';

/** What JSON may be. */
const ANY: JsonSchema = { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] };

export default defineRule({
  name: 'parse_json',
  summary: 'Reads the JSON in texts, before all other rules, so that these can reach what is in it.',
  notes: [
    'A list of fields leaves open what is in them. A map gives each its JSON Schema; a text that breaks it has its record put aside, as one that is no JSON. Numbers stay exact.',
    'Null and values that are no text stay as they are; where a schema is given, it holds for those values, too.',
  ],
  setting: {
    type: ['object', 'array', 'string'],
    description: 'The fields, or a map from fields to JSON Schemas.',
    items: { type: 'string', description: 'A field.' },
    members: { type: 'object', description: 'The schema of what is in the text.' },
  },
  examples: [
    {
      rules: {
        parse_json: { payload: { type: 'object', properties: { a: { type: 'integer' } } } },
        fields: { 'payload.a': { default: 0 } },
      },
      schema: { type: 'object', properties: { payload: { type: ['string', 'null'] } } },
      input: [{ payload: '{"a":1}' }, { payload: null }],
      output: [{ payload: { a: 1 } }, { payload: null }],
    },
  ],
  check(value, context) {
    for (const [pattern, schema] of partsOf(value)) validates(schema, pattern, context);
  },
  prepare(value, shape, context) {
    const policy = recordPolicy(context.defaults.onError);
    let current = shape;
    const reads = partsOf(value).flatMap(([pattern, schema]) =>
      membersAt([pattern], shape, context).map(({ name, steps, text }) => {
        const inside = isJsonObject(schema) ? resolved(schema) : ANY;
        const check = validates(schema, pattern, context);
        current = withInside(current, name, (before) =>
          withSchemaAt(before, steps, (own) => (isNullable(own) ? nullable(inside) : inside)),
        );
        const fault = (rule: string, message: string): RecordFault => new RecordFault({ policy, rule, field: text, message });
        const read = (own: Json | undefined): Json | undefined => {
          if (own === undefined || own === null) return own;
          const parsed = typeof own === 'string' ? parsedOr(own, () => fault('not-json', 'is no JSON')) : own;
          const broken = check?.(stripExact(parsed));
          if (broken !== undefined)
            throw fault('json-schema', `breaks its schema at ${broken.path === '' ? 'the top' : broken.path}: ${broken.message}`);
          return parsed;
        };
        return { name, steps, read };
      }),
    );
    return {
      shape: current,
      apply(record) {
        for (const { name, read, steps } of reads) {
          const before = record.get(name);
          const after = withValueAt(before, steps, read, (other) => other);
          if (after !== before && after !== undefined) record.set(name, after);
        }
        return true;
      },
    };
  },
});

/** The fields, each with the schema of what is in it, where one is given. */
function partsOf(value: Json): (readonly [string, Json | undefined])[] {
  return isJsonObject(value) ? Object.entries(value) : namesIn(value).map((name) => [name, undefined] as const);
}

function resolved(schema: JsonObject): JsonSchema {
  return resolveSchema(schema) ?? schema;
}

function validates(schema: Json | undefined, pattern: string, context: RuleContext): Validate | undefined {
  if (!isJsonObject(schema)) return undefined;
  return context.once(`schema of ${JSON.stringify(schema)}`, () =>
    validatorOf(resolved(schema), (message) => context.problem(message, pattern)),
  );
}

function withInside(shape: Shape, name: string, change: (schema: JsonSchema) => JsonSchema): Shape {
  const properties = propertiesOf(shape);
  return withProperties(shape, { ...properties, [name]: change(properties[name]!) });
}

/** The parser's own words would quote the text. */
function parsedOr(text: string, fault: () => RecordFault): Json {
  try {
    return parseExact(text);
  } catch {
    throw fault();
  }
}
