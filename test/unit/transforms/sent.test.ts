import { expect, test } from 'vitest';
import { schemaOf, transform } from './run.ts';

const record = (stream: string, name: string): { type: string; stream: string; record: { name: string } } => ({
  type: 'RECORD',
  stream,
  record: { name },
});

test('records that left are told by the stream that they left in: with and without rules, renamed and put aside', async () => {
  const properties = { name: { type: 'string' } };
  const transformed = await transform(
    {
      transforms: {
        people: { alias: 'persons', fields: { name: { enum: ['Ada', 'Grace'] } } },
        gone: 'drop',
      },
      defaults: { on_error: 'quarantine' },
    },
    [
      ...['people', 'towns', 'gone'].map((stream) => schemaOf(stream, properties)),
      ...['Ada', 'Grace', 'nobody'].map((name) => record('people', name)),
      ...['Oslo', 'Paris', 'Rome', 'Bonn'].map((name) => record('towns', name)),
      record('gone', 'x'),
    ],
    { chunkBytes: 100 },
  );
  expect(transformed.sent).toEqual({ persons: 2, persons__quarantine: 1, towns: 4 });
  expect(transformed.records()).toHaveLength(7);
});
