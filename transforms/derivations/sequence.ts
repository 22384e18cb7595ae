import { defineDerivation } from '../derivation.ts';

export default defineDerivation({
  name: 'sequence',
  summary: 'Numbers the records of a stream in the order in which they come.',
  notes: ['It begins anew in each run, so it is no key for streams that are loaded piece by piece: see `key_hash`.'],
  setting: {
    type: ['object', 'boolean', 'integer'],
    description: '`true`, the first number, or `{start, step}`.',
    properties: {
      start: { type: 'integer', default: 1, description: 'The first number.' },
      step: { type: 'integer', default: 1, description: 'What comes between two numbers.' },
    },
  },
  examples: [
    {
      rules: { set: { n: { sequence: { start: 10, step: 5 } } } },
      schema: { type: 'object', properties: { a: { type: 'string' } } },
      input: [{ a: 'x' }, { a: 'y' }],
      output: [
        { a: 'x', n: 10 },
        { a: 'y', n: 15 },
      ],
    },
  ],
  prepare(value, _shape, context) {
    const { start, step } = typeof value === 'object' ? value : { start: typeof value === 'number' ? value : 1, step: 1 };
    const counter = context.shared(`sequence ${context.path} ${context.stream}`, () => ({ next: start }));
    return {
      schema: { type: ['integer'] },
      compute() {
        const number = counter.next;
        counter.next += step;
        return number;
      },
    };
  },
});
