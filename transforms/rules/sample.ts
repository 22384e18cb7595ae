import { defineRule } from '../rule.ts';
import { fingerprintOf, hashedText } from '../fingerprints.ts';
import { namesIn, readersOf } from '../places.ts';

export default defineRule({
  name: 'sample',
  summary: 'Lets a share of the records pass, the same ones in every run.',
  notes: [
    'Whether a record passes hangs on the hash of `by` alone, so that streams sampled by one field keep the rows that belong together.',
  ],
  setting: {
    type: ['object', 'number'],
    description: 'The share (0 to 1), or `{rate, by}`.',
    minimum: 0,
    maximum: 1,
    properties: {
      rate: { type: 'number', required: true, minimum: 0, maximum: 1, description: 'The share, 0 to 1.' },
      by: {
        type: ['array', 'string'],
        description: 'The fields; the key properties unless set.',
        items: { type: 'string', description: 'A field.' },
      },
    },
  },
  examples: [
    {
      rules: { sample: 0.5 },
      schema: { type: 'object', properties: { id: { type: 'integer' } } },
      keys: ['id'],
      input: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }],
      output: [{ id: 2 }, { id: 4 }],
    },
  ],
  prepare(value, shape, context) {
    const { by, rate } = (typeof value === 'number' ? { rate: value } : value) as { rate: number; by?: unknown };
    const names = by === undefined ? shape.keys : namesIn(by);
    if (names.length === 0) context.problem('is required: the stream has no key properties', 'by');
    const readers = readersOf(names, shape, context, 'by');
    return {
      shape,
      apply(record) {
        const hash = fingerprintOf(hashedText(readers.map((read) => read(record))));
        const passes = shareOf(hash) < rate;
        if (!passes) context.count('left out by sample');
        return passes;
      },
    };
  },
});

/** A number from 0 up to 1. */
function shareOf(fingerprint: string): number {
  let share = 0;
  for (let at = 5; at >= 0; at--) share = (share + fingerprint.charCodeAt(at)) / 256;
  return share;
}
