import { defineCheck, type RecordCheck } from '../check.ts';
import type { Fingerprints } from '../fingerprints.ts';
import { namesIn, readersOf } from '../places.ts';
import { markOf, type Reader, seenValues } from './memory.ts';

const FIELDS = { type: ['array', 'string'], required: true, description: 'The fields.' } as const;
const SCHEMA = { type: 'object', properties: { a: { type: 'integer' }, b: { type: ['integer', 'null'] } } };

export const unique = defineCheck({
  name: 'unique',
  of: 'record',
  summary: 'No value of a field comes twice in the run; of several fields, each by itself. Null is equal to nothing.',
  parameters: { fields: FIELDS },
  main: 'fields',
  examples: [
    {
      rules: { checks: [{ unique: ['a'], severity: 'drop' }] },
      schema: SCHEMA,
      input: [{ a: 1 }, { a: 1 }, { a: 2 }],
      output: [{ a: 1 }, { a: 2 }],
    },
  ],
  prepare({ fields }, shape, context) {
    const names = namesIn(fields);
    return readersOf(names, shape, context, 'fields').map((read, i) =>
      uniqueCheck(names[i], [read], seenValues(context, names[i]!)),
    );
  },
});

export const compoundUnique = defineCheck({
  name: 'compound_unique',
  of: 'record',
  summary: 'No combination of the values of some fields comes twice in the run. Null is equal to nothing.',
  parameters: { fields: FIELDS },
  main: 'fields',
  examples: [
    {
      rules: { checks: [{ compound_unique: ['a', 'b'], severity: 'drop' }] },
      schema: SCHEMA,
      input: [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
        { a: 1, b: 1 },
        { a: 1, b: null },
        { a: 1, b: null },
      ],
      output: [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
        { a: 1, b: null },
        { a: 1, b: null },
      ],
    },
  ],
  prepare({ fields }, shape, context) {
    const names = namesIn(fields);
    const readers = readersOf(names, shape, context, 'fields');
    return [uniqueCheck(names.join(', '), readers, seenValues(context, 'all'))];
  },
});

function uniqueCheck(field: string | undefined, readers: readonly Reader[], seen: Fingerprints): RecordCheck {
  return {
    kind: 'record',
    field,
    passes(record) {
      const mark = markOf(readers.map((read) => read(record)));
      if (mark === undefined) return true;
      const times = seen.count(mark);
      return times === 0 ? undefined : times === 1;
    },
  };
}
