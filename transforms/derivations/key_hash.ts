import { isJsonObject } from '../../singer/index.ts';
import { defineDerivation } from '../derivation.ts';
import { RecordFault } from '../fault.ts';
import { Fingerprints, fingerprintHex, fingerprintOf, hashedText } from '../fingerprints.ts';
import { namesIn, readersOf } from '../places.ts';

export default defineDerivation({
  name: 'key_hash',
  summary:
    'A key made of the values of some fields, for streams that have none: equal for equal values, in every run and on every machine.',
  notes: [
    'It is the first 128 bits, in hexadecimal digits, of the SHA-256 of the values: each as text with its length in bytes and a colon before it, `-` for null or absent. Numbers are in their shortest decimal form, so that 1.10 and 1.1 give one key.',
    'With `occurrence`, rows with equal values are numbered as they come and the number is hashed with them from the second on: genuine repeats get keys of their own, and the same input gives the same keys. Numbers count within one run: a run that brings only some of the rows that are equal begins again at the first.',
    'This is no pseudonym. Who knows what the values may be can try them all: use `pseudonymize` to hide them.',
    'Numbering takes 25 to 40 bytes for each different row; `memory` bounds it, and more rows end the run.',
  ],
  setting: {
    type: ['object', 'array', 'string'],
    description: 'The fields, or `{of, occurrence}`.',
    items: { type: 'string', description: 'A field.' },
    properties: {
      of: {
        type: ['array', 'string'],
        required: true,
        description: 'The fields, in order: names and paths.',
        items: { type: 'string', description: 'A field.' },
      },
      occurrence: { type: 'boolean', default: false, description: 'Number equal rows, so that each has a key of its own.' },
      memory: { type: 'integer', minimum: 1, default: 256, description: 'Megabytes that the numbering may take.' },
    },
  },
  examples: [
    {
      rules: { set: { id: { key_hash: { of: ['user', 'hours'], occurrence: true } } }, keys: ['id'] },
      schema: { type: 'object', properties: { user: { type: ['string', 'null'] }, hours: { type: 'number' } } },
      input: [
        { user: 'ada', hours: 1.5 },
        { user: 'ada', hours: 1.5 },
      ],
      output: [
        { user: 'ada', hours: 1.5, id: 'c27417174dae11631ae3e150bf59ad78' },
        { user: 'ada', hours: 1.5, id: '305237d5e7bf4376c25edbdd405469d6' },
      ],
    },
  ],
  prepare(value, shape, context) {
    const { of, occurrence, memory } = isJsonObject(value) ? value : { of: value, occurrence: false, memory: 0 };
    const readers = readersOf(namesIn(of), shape, context, 'of');
    if (readers.length === 0) context.problem('must name at least one field', 'of');
    const seen = occurrence
      ? context.shared(`key_hash ${context.path} ${context.stream}`, () => new Fingerprints(memory * 1024 * 1024))
      : undefined;
    return {
      schema: { type: ['string'], maxLength: 32 },
      compute(record) {
        const text = hashedText(readers.map((read) => read(record)));
        const fingerprint = fingerprintOf(text);
        const number = seen === undefined ? 1 : seen.count(fingerprint);
        if (number === 0) throw full(memory);
        return fingerprintHex(number === 1 ? fingerprint : fingerprintOf(`${text}#${number}`));
      },
    };
  },
});

function full(memory: number): RecordFault {
  return new RecordFault({
    policy: 'fail',
    rule: 'occurrence-memory',
    field: undefined,
    message: `the numbers of equal rows take more than ${memory} MB; raise memory`,
  });
}
