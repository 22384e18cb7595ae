import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../../singer/json.ts';
import { hasChanged } from '../../../../singer/tap/schema-change.ts';

const integer = { type: 'integer', minimum: -32768, maximum: 32767 };
const text = { type: ['null', 'string'] };

/** What it is, the catalog's schema, the source's, the types in the source then and now. */
type Case = readonly [what: string, catalog: JsonSchema, source: JsonSchema, was: string | undefined, is: string | undefined];

describe('hasChanged', () => {
  it.each<Case>([
    ['may be null by now', integer, { ...integer, type: ['null', 'integer'] }, 'smallint', 'smallint'],
    ['may be null by now, type and types', { type: ['integer'] }, { type: ['null', 'integer'] }, undefined, 'integer'],
    ['is wider', integer, { type: 'integer' }, 'smallint', 'numeric(10,0)'],
    ['is text by now', { type: ['null', 'string'], format: 'date-time' }, text, 'timestamp without time zone', 'text'],
    ['takes longer text', { ...text, maxLength: 5 }, { ...text, maxLength: 9 }, 'character varying(5)', 'character varying(9)'],
    ['has more labels', { ...text, enum: ['a', null] }, { ...text, enum: ['a', 'b', null] }, 'mood', 'mood'],
    [
      'has more fields',
      { type: 'object', properties: { a: integer } },
      { type: 'object', properties: { a: integer, b: text } },
      'pair',
      'pair',
    ],
    [
      'has a field that may be null by now',
      { type: 'object', properties: { a: integer } },
      { type: 'object', properties: { a: { ...integer, type: ['null', 'integer'] } } },
      'pair',
      'pair',
    ],
  ])('a property that %s', (_, catalog, source, was, is) => expect(changed(catalog, source, was, is)).toBe(true));

  it.each<Case>([
    ['is the same', integer, integer, 'smallint', 'smallint'],
    ['is never null any more', { ...integer, type: ['null', 'integer'] }, integer, 'smallint', 'smallint'],
    ['has another comment', { ...text, description: 'a' }, { ...text, description: 'b' }, 'text', 'text'],
    ['the catalog announces as text, whatever its type', text, { type: ['null', 'number'] }, 'numeric(5,2)', 'numeric(7,2)'],
    ['the catalog announces as it wants, with the same type', { type: 'number' }, { type: 'integer' }, 'bigint', 'bigint'],
    ['the catalog announces as it wants, the type then unknown', { type: 'integer' }, { type: 'string' }, undefined, 'text'],
    [
      'the catalog narrows to objects',
      { type: ['null', 'object'] },
      { type: ['null', 'object', 'array', 'string'] },
      'jsonb',
      'jsonb',
    ],
  ])('not one that %s', (_, catalog, source, was, is) => expect(changed(catalog, source, was, is)).toBe(false));
});

function changed(catalog: JsonSchema, source: JsonSchema, was: string | undefined, is: string | undefined): boolean {
  const facts = (schema: JsonSchema, type: string | undefined) => ({
    schema,
    metadata: { ...(type !== undefined && { 'sql-datatype': type }) },
  });
  return hasChanged(facts(catalog, was), facts(source, is));
}
