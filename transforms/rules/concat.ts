import { ExactNumber, type Json } from '../../singer/index.ts';
import { partsOf } from '../context.ts';
import { propertiesOf, withProperty } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import type { Privacy } from '../operation.ts';
import { namesIn, readersOf } from '../places.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';

const PART = {
  type: 'object',
  description: 'One new field.',
  properties: {
    fields: {
      type: ['array', 'string'],
      required: true,
      description: 'The fields, in order: names and paths.',
      items: { type: 'string', description: 'A field.' },
    },
    with: { type: 'string', default: ' ', description: 'What stands between them.' },
    into: { type: 'string', required: true, description: 'The new field.' },
  },
} as const;

export default defineRule({
  name: 'concat',
  summary: 'Makes one text of several fields.',
  notes: [
    'Fields that are null, absent or an empty text are left out, with what would stand between; of nothing else the text is null. The fields themselves stay.',
  ],
  setting: { type: ['object', 'array'], description: 'One or several.', items: PART, properties: PART.properties },
  examples: [
    {
      rules: { concat: { fields: ['first', 'middle', 'last'], into: 'name' } },
      schema: {
        type: 'object',
        properties: { first: { type: 'string' }, middle: { type: ['string', 'null'] }, last: { type: 'string' } },
      },
      input: [{ first: 'Ada', middle: null, last: 'Lovelace' }],
      output: [{ first: 'Ada', middle: null, last: 'Lovelace', name: 'Ada Lovelace' }],
    },
  ],
  prepare(value, shape, context) {
    const prepared: PreparedRule[] = [];
    let current = shape;
    for (const [part, own] of partsOf<Given>(value, context)) {
      const next = prepareConcat(part, current, own);
      current = next.shape;
      prepared.push(next);
    }
    return { shape: current, apply: (record, emit) => prepared.every((one) => one.apply(record, emit)) };
  },
});

interface Given {
  readonly fields: Json;
  readonly with: string;
  readonly into: string;
}

function prepareConcat({ fields, into, with: between }: Given, shape: Shape, context: RuleContext): PreparedRule {
  const names = namesIn(fields);
  const readers = readersOf(names, shape, context, 'fields');
  if (Object.hasOwn(propertiesOf(shape), into)) context.problem(`two fields would have the name ${into}`, 'into');
  const policy = recordPolicy(context.defaults.onError);
  const fault = (rule: string, field: string, message: string): RecordFault => new RecordFault({ policy, rule, field, message });
  // As safe as the least of what it is made of.
  const tops = names.map((name) => (Object.hasOwn(propertiesOf(shape), name) ? name : name.split(/[.[]/, 1)[0]!));
  const hidden = tops.map((name) => shape.privacy[name]);
  const all: readonly Privacy[] = ['reduced', 'pseudonym', 'removed'];
  const weakest = hidden.includes(undefined) ? undefined : all.find((one) => hidden.includes(one));
  const mark = tops.some((name) => propertiesOf(shape)[name]?.['x-personal'] === true) ? { 'x-personal': true } : {};
  return {
    shape: withProperty(shape, into, { type: ['string', 'null'], ...mark }, weakest),
    apply(record) {
      if (record.has(into)) throw fault('name-taken', into, 'the record has a field of the new name already');
      const parts = readers.flatMap((read, i) => {
        const value = read(record) ?? null;
        if (value === null || value === '') return [];
        if (typeof value === 'object' && !(value instanceof ExactNumber))
          throw fault('wrong-kind', names[i]!, 'is no text, number or boolean');
        return [String(value)];
      });
      record.set(into, parts.length === 0 ? null : parts.join(between));
      return true;
    },
  };
}
