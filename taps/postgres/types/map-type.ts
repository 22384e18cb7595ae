import type { PgType } from '../model.ts';
import { BASE_TYPES, EXTENSION_TYPES } from './base-types.ts';
import { nullable, TEXT, type Mapper, type Mapping } from './mapping.ts';
import type { TypeOptions } from './options.ts';

/** How the values of a type are read: the table of base types, and what is made of them. */
export function mapType(type: PgType, options: TypeOptions): Mapping {
  return MADE[type.kind](type, options);
}

const MADE: Readonly<Record<PgType['kind'], Mapper>> = {
  base: (type, options) => baseOf(type)?.(type, options) ?? TEXT,
  enum: ({ labels = [] }, { enumLabels }) => (enumLabels ? { schema: { type: 'string', enum: labels }, wire: TEXT.wire } : TEXT),
  array: (type, options) => {
    const element = mapType(type.element!, options);
    const { schema, wire } = element.arrayOf === undefined ? insideOf(element) : element;
    return {
      schema: arraySchema(schema, options, type.dimensions),
      wire: { kind: 'array', of: wire, delimiter: type.delimiter ?? ',' },
      ...(element.arrayOf !== undefined && { expression: (value: string) => `${value}::${element.arrayOf}` }),
      ...(element.omitted !== undefined && { omitted: element.omitted }),
      inside: { schema: arraySchema(insideOf(element).schema, options), wire: arrayInside(type, element) },
    };
  },
  composite: ({ fields = [] }, options) => {
    if (options.composites === 'string') return TEXT;
    const inner = fields.map(({ name, type }) => ({ name, ...insideOf(mapType(type, options)) }));
    const omitted = inner.find((field) => field.omitted !== undefined)?.omitted;
    return {
      ...(omitted !== undefined && { omitted }),
      schema: {
        type: 'object',
        properties: Object.fromEntries(inner.map(({ name, schema }) => [name, nullable(schema)])),
      },
      wire: { kind: 'composite', fields: inner.map(({ name, wire }) => ({ name, wire })) },
    };
  },
  range: (type, options) => {
    if (options.ranges === 'string') return TEXT;
    const bound = insideOf(mapType(type.element!, options));
    return { schema: rangeSchema(bound), wire: { kind: 'range', of: bound.wire } };
  },
  multirange: (type, options) => {
    if (options.ranges === 'string') return TEXT;
    const bound = insideOf(mapType(type.element!, options));
    return { schema: { type: 'array', items: rangeSchema(bound) }, wire: { kind: 'multirange', of: bound.wire } };
  },
};

function baseOf({ schema, name }: PgType): Mapper | undefined {
  const table = schema === 'pg_catalog' ? BASE_TYPES : EXTENSION_TYPES;
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function insideOf(mapping: Mapping): Mapping {
  return mapping.inside ?? mapping;
}

function arrayInside(type: PgType, element: Mapping): Mapping['wire'] {
  return { kind: 'array', of: insideOf(element).wire, delimiter: type.delimiter ?? ',' };
}

function arraySchema(items: Mapping['schema'], { dimensions }: TypeOptions, declared = 1): Mapping['schema'] {
  const element = nullable(items);
  if (dimensions === 'declared') return nested(element, Math.max(declared, 1));
  const types = new Set([...(element['type'] as readonly string[]), 'array']);
  return { type: 'array', items: { ...element, type: [...types] } };
}

function nested(items: Mapping['schema'], dimensions: number): Mapping['schema'] {
  const array = { type: 'array', items };
  return dimensions === 1 ? array : nested(nullable(array), dimensions - 1);
}

function rangeSchema({ schema }: Mapping): Mapping['schema'] {
  return {
    type: 'object',
    properties: {
      lower: nullable(schema),
      upper: nullable(schema),
      lower_inc: { type: 'boolean' },
      upper_inc: { type: 'boolean' },
      empty: { type: 'boolean' },
    },
  };
}
