import { describe, expect, test } from 'vitest';
import { resolveReferences } from '../../../../singer/target/references.ts';

const ID = { type: 'integer', minimum: 1 };
const resolved = (property: unknown, more: object = {}): unknown =>
  (resolveReferences({ properties: { a: property }, ...more })['properties'] as { a: unknown }).a;

describe('references', () => {
  test.each<[string, unknown, object, unknown]>([
    ['a pointer to definitions', { $ref: '#/definitions/id' }, { definitions: { id: ID } }, ID],
    ['a pointer to $defs', { $ref: '#/$defs/id' }, { $defs: { id: ID } }, ID],
    ['a pointer with escapes', { $ref: '#/definitions/a~1b%20~0c' }, { definitions: { 'a/b ~c': ID } }, ID],
    ['a pointer with a bare percent sign', { $ref: '#/definitions/5%' }, { definitions: { '5%': ID } }, ID],
    ['a pointer into a list', { $ref: '#/definitions/x/anyOf/1' }, { definitions: { x: { anyOf: [{}, ID] } } }, ID],
    ['a pointer to another property', { $ref: '#/properties/b' }, { properties: { a: { $ref: '#/properties/b' }, b: ID } }, ID],
    ['an anchor', { $ref: '#id' }, { $defs: { x: { $anchor: 'id', ...ID } } }, { $anchor: 'id', ...ID }],
    ['an id of draft 4', { $ref: '#id' }, { definitions: { x: { id: '#id', ...ID } } }, { id: '#id', ...ID }],
    ['an $id', { $ref: 'http://x/id.json' }, { $defs: { x: { $id: 'http://x/id.json', ...ID } } }, { $id: 'http://x/id.json', ...ID }],
    ["the document's own $id", { $ref: 'http://x/s.json#/$defs/id' }, { $id: 'http://x/s.json', $defs: { id: ID } }, ID],
    ['a reference to a reference', { $ref: '#/$defs/a' }, { $defs: { a: { $ref: '#/$defs/b' }, b: ID } }, ID],
    ['another document', { $ref: 'http://y/z.json' }, {}, {}],
    ['nothing', { $ref: '#/$defs/gone' }, { $defs: {} }, {}],
    ['false', { $ref: '#/$defs/no' }, { $defs: { no: false } }, false],
    ['what stands beside it and only tells', { $ref: '#/$defs/id', title: 'x', nullable: true }, { $defs: { id: ID } }, { ...ID, title: 'x', nullable: true }],
    ['what stands beside it and asks more', { $ref: '#/$defs/id', maximum: 5 }, { $defs: { id: ID } }, { ...ID, maximum: 5 }],
    ['what stands beside it and asks otherwise', { $ref: '#/$defs/id', minimum: 5 }, { $defs: { id: ID } }, { minimum: 5, allOf: [ID] }],
    ['data that looks like one', { enum: [{ $ref: '#/$defs/id' }] }, { $defs: { id: ID } }, { enum: [{ $ref: '#/$defs/id' }] }],
    ['a property of that name', { properties: { $ref: ID, enum: { $ref: '#/$defs/id' } } }, { $defs: { id: ID } }, { properties: { $ref: ID, enum: ID } }],
  ])('%s', (_, property, more, expected) => {
    expect(resolved(property, more)).toEqual(expected);
  }); // prettier-ignore

  test('a cycle ends in any value', () => {
    const tree = { type: 'object', properties: { next: { $ref: '#/definitions/tree' } } };
    expect(resolved({ $ref: '#/definitions/tree' }, { definitions: { tree } })).toEqual({
      type: 'object',
      properties: { next: {} },
    });
    expect(resolved({ $ref: '#' })).toEqual({ properties: { a: {} } });
  });

  test('what is nested too deep to be followed ends in any value, and forbids no name', () => {
    const nested = (levels: number, inner: object): object =>
      levels === 0 ? inner : { type: 'object', additionalProperties: false, properties: { x: nested(levels - 1, inner) } };
    for (const levels of [19, 20, 21, 50]) {
      let deepest = resolved(nested(levels, ID)) as { readonly properties?: { readonly x: object } };
      while (deepest.properties !== undefined) deepest = deepest.properties.x;
      expect([{}, ID]).toContainEqual(deepest);
    }
  });

  test('the root itself may be one', () => {
    expect(resolveReferences({ $ref: '#/definitions/row', definitions: { row: { properties: { a: ID } } } })).toEqual({
      properties: { a: ID },
    });
  });

  test('references that name more than memory holds end in any value, soon', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `d${i}`,
        i === 29 ? ID : { properties: { x: { $ref: `#/$defs/d${i + 1}` }, y: { $ref: `#/$defs/d${i + 1}` } } },
      ]),
    );
    expect(JSON.stringify(resolved({ $ref: '#/$defs/d0' }, { $defs })).length).toBeLessThan(5_000_000);
  });
});
