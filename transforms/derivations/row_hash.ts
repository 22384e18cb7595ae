import type { Json } from '../../singer/index.ts';
import { defineDerivation } from '../derivation.ts';
import { propertiesOf } from '../engine/shape.ts';
import { fingerprintHex, fingerprintOf, hashedText } from '../fingerprints.ts';
import { namesIn, tellUnknown } from '../places.ts';

export default defineDerivation({
  name: 'row_hash',
  summary: 'A hash of the whole record, to tell whether it has changed.',
  notes: [
    'It covers every field that the schema names, in the order of the names, whatever their order in the record; `except` leaves some out (times of loading, for example). Fields that are null and fields that are absent count as equal.',
    'As of `key_hash`: 128 bits of SHA-256, the same on every machine, and no pseudonym.',
  ],
  setting: {
    type: ['object', 'boolean'],
    description: '`true`, or `{except}`.',
    properties: {
      except: {
        type: ['array', 'string'],
        default: [],
        description: 'Fields to leave out.',
        items: { type: 'string', description: 'A field.' },
      },
    },
  },
  examples: [
    {
      rules: { set: { hash: { row_hash: { except: 'loaded' } } } },
      schema: {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: ['string', 'null'] }, loaded: { type: 'string' } },
      },
      input: [
        { a: 1, b: 'x', loaded: 'today' },
        { b: 'x', a: 1, loaded: 'yesterday' },
      ],
      output: [
        { a: 1, b: 'x', loaded: 'today', hash: '022788866e7884d348fc2c60834ae553' },
        { b: 'x', a: 1, loaded: 'yesterday', hash: '022788866e7884d348fc2c60834ae553' },
      ],
    },
  ],
  prepare(value, shape, context) {
    const except = typeof value === 'object' ? namesIn(value.except) : [];
    const properties = Object.keys(propertiesOf(shape));
    for (const name of except) if (!properties.includes(name)) tellUnknown(name, shape, context, 'except');
    const names = properties.filter((name) => !except.includes(name)).toSorted();
    return {
      schema: { type: ['string'], maxLength: 32 },
      compute(record) {
        const values = names.flatMap((name): (Json | undefined)[] => {
          const value = record.get(name) ?? null;
          // A field that the schema gains later changes no hash while it is null.
          return value === null ? [] : [name, value];
        });
        return fingerprintHex(fingerprintOf(hashedText(values)));
      },
    };
  },
});
