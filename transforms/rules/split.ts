import { partsOf } from '../context.ts';
import { propertiesOf, withProperties } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { tellUnknown } from '../places.ts';
import { compileRegex } from '../regex.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';

const PART = {
  type: 'object',
  description: 'One field.',
  properties: {
    field: { type: 'string', required: true, description: 'The field.' },
    by: { type: 'string', description: 'What stands between the parts.' },
    pattern: { type: 'string', description: 'A regular expression for the whole text, whose groups are the parts.' },
    into: {
      type: 'array',
      required: true,
      description: 'The names of the parts.',
      items: { type: 'string', description: 'A new field.' },
    },
  },
} as const;

export default defineRule({
  name: 'split',
  summary: 'Makes several fields of the parts of a text.',
  notes: [
    '`by` cuts at each place where that text stands; the last field takes all that is left. Parts that are missing are null. `pattern` must match the whole text, or the record is put aside.',
    'The field itself stays: `drop` takes it away. It is split as it is after `fields`, so that parts of a hidden value are as hidden as it is.',
  ],
  setting: { type: ['object', 'array'], description: 'One or several.', items: PART, properties: PART.properties },
  examples: [
    {
      rules: { split: { field: 'name', by: ' ', into: ['first', 'last'] } },
      schema: { type: 'object', properties: { name: { type: ['string', 'null'] } } },
      input: [{ name: 'Ada King Lovelace' }, { name: 'Ada' }, { name: null }],
      output: [
        { name: 'Ada King Lovelace', first: 'Ada', last: 'King Lovelace' },
        { name: 'Ada', first: 'Ada', last: null },
        { name: null, first: null, last: null },
      ],
    },
    {
      rules: { split: { field: 'storeys', pattern: '(\\d+) TO (\\d+)', into: ['low', 'high'] }, drop: 'storeys' },
      schema: { type: 'object', properties: { storeys: { type: 'string' } } },
      input: [{ storeys: '10 TO 12' }],
      output: [{ low: '10', high: '12' }],
    },
  ],
  check(value, context) {
    for (const [part, own] of partsOf<Given>(value, context)) separatorOf(part, own);
  },
  prepare(value, shape, context) {
    const prepared: PreparedRule[] = [];
    let current = shape;
    for (const [part, own] of partsOf<Given>(value, context)) {
      const next = prepareSplit(part, current, own);
      current = next.shape;
      prepared.push(next);
    }
    return { shape: current, apply: (record, emit) => prepared.every((one) => one.apply(record, emit)) };
  },
});

interface Given {
  readonly field: string;
  readonly by?: string;
  readonly pattern?: string;
  readonly into: readonly string[];
}

/** What the whole text must match, if the parts are found so. */
function separatorOf({ by, pattern }: Given, context: RuleContext): RegExp | undefined {
  if ((by === undefined) === (pattern === undefined)) context.problem('needs one of by and pattern', 'field');
  if (by === '') context.problem('must not be empty', 'by');
  if (pattern === undefined) return undefined;
  return compileRegex(`^(?:${pattern})$`, 'su', (message) => context.problem(message, 'pattern'));
}

function prepareSplit(given: Given, shape: Shape, context: RuleContext): PreparedRule {
  const { by, field, into } = given;
  const properties = propertiesOf(shape);
  if (!Object.hasOwn(properties, field)) tellUnknown(field, shape, context, 'field');
  const taken = into.find((name, i) => Object.hasOwn(properties, name) || into.indexOf(name) < i);
  if (taken !== undefined) context.problem(`two fields would have the name ${taken}`, 'into');
  const regex = separatorOf(given, context);
  const policy = recordPolicy(context.defaults.onError);
  const textsIn = (text: string): readonly (string | undefined)[] => {
    if (regex === undefined) return cut(text, by!, into.length);
    const match = regex.exec(text);
    if (match === null) throw new RecordFault({ policy, rule: 'no-match', field, message: 'does not match the pattern' });
    return match.slice(1);
  };
  const mark = properties[field]?.['x-personal'] === true ? { 'x-personal': true } : {};
  const parts = Object.fromEntries(into.map((name) => [name, { type: ['string', 'null'], ...mark }]));
  const hidden = shape.privacy[field];
  const next = withProperties(shape, { ...properties, ...parts });
  const privacy =
    hidden === undefined ? next.privacy : { ...next.privacy, ...Object.fromEntries(into.map((name) => [name, hidden])) };
  return {
    shape: { ...next, privacy },
    apply(record) {
      const value = record.get(field);
      if (value === undefined) return true;
      if (value !== null && typeof value !== 'string')
        throw new RecordFault({ policy, rule: 'wrong-kind', field, message: 'is no text' });
      const taken = into.find((name) => record.has(name));
      if (taken !== undefined)
        throw new RecordFault({
          policy,
          rule: 'name-taken',
          field: taken,
          message: 'the record has a field of the new name already',
        });
      const found = value === null ? [] : textsIn(value);
      into.forEach((name, i) => record.set(name, found[i] ?? null));
      return true;
    },
  };
}

/** At most so many parts, the last with all that is left. */
function cut(text: string, by: string, most: number): string[] {
  const parts = text.split(by);
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(by)];
}
