import { expect, it } from 'vitest';
import { ident, literal, qualified } from '../../../../clients/postgres/quote.ts';

it('quotes identifiers so that nothing breaks out', () => {
  expect(ident('order')).toBe('"order"');
  expect(ident('a"; DROP TABLE x; --')).toBe('"a""; DROP TABLE x; --"');
  expect(qualified('My schema', 't')).toBe('"My schema"."t"');
});

it('quotes literals whatever the server takes a backslash for', () => {
  expect(literal("it's")).toBe("'it''s'");
  expect(literal(String.raw`a\'b`)).toBe(String.raw` E'a\\''b'`);
});
