import { type Json, nearest } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { dateText, datedText, dayNumber } from '../civil.ts';
import { ValueFault } from '../fault.ts';
import { type Key, keyNamed } from '../keys.ts';
import { defineOperation, type Fields, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

/** Bytes of the HMAC that make the number of days: so many more than are needed that all numbers are equally likely. */
const LUCK_BYTES = 6;

export default defineOperation({
  name: 'date_shift',
  group: 'privacy',
  summary:
    'Moves dates by a number of days that is the same for all dates of one person, and never zero: intervals stay, dates do not.',
  notes: [
    'The time of day and the zone stay as they are. What is no date is refused; `datetime` makes one of other texts.',
    'The person is whoever `subject` names, with the value that this field has at that moment: give all streams the same steps before.',
    'Whoever knows one true date of a person knows all of them: this makes data less clear, not anonymous.',
  ],
  parameters: {
    subject: { type: 'string', required: true, description: 'The field that says whose date it is.' },
    max_days: { type: 'integer', default: 365, minimum: 1, maximum: 36_500, description: 'The most days forth or back.' },
    key: { type: 'string', description: 'The name of the key in the setting `keys`; may be left out if there is only one.' },
    domain: {
      type: 'string',
      default: 'date_shift',
      description: 'Dates of one domain move alike for one person, in every stream.',
    },
  },
  main: 'subject',
  privacy: 'pseudonym',
  merges: true,
  examples: [
    {
      step: { date_shift: { subject: 'value', max_days: 30 } },
      schema: { type: ['string', 'null'], format: 'date' },
      input: null,
      output: null,
    },
  ],
  prepare({ domain, key: name, max_days: most, subject }, field): Step {
    const { schema } = field;
    const key = keyNamed(name, field);
    if (field.schemaOf(subject) === undefined) {
      const near = nearest(subject, field.names);
      field.problem(`the schema has no field ${subject}${near === undefined ? '' : `; did you mean ${near}?`}`, 'subject');
    }
    const { format } = schema;
    const shifted = schemaLike(schema, 'string', format === 'date' || format === 'date-time' ? { format } : {});
    return {
      schema: shifted,
      ...(key === undefined ? {} : { keyId: key.id }),
      apply(value: Json | undefined, record: Fields) {
        const date = typeof value === 'string' ? datedText(value) : undefined;
        if (date === undefined) throw new ValueFault('not-a-date', 'is no date');
        const whose = record.get(subject) ?? null;
        if (whose === null) throw new ValueFault('subject-missing', `the field ${subject} does not say whose date it is`);
        const moved = dateText(dayNumber(date) + daysFor(canonicalOf(whose), { key: key!, domain, most }));
        if (moved === undefined) throw new ValueFault('out-of-range', 'would leave the years 1 to 9999');
        return moved + date.rest;
      },
    };
  },
});

/** From -most to most, without 0. */
function daysFor(subject: string, { domain, key, most }: { key: Key; domain: string; most: number }): number {
  const luck = key.mac(domain).digest(subject).readUIntBE(0, LUCK_BYTES) % (2 * most);
  return luck < most ? luck - most : luck - most + 1;
}
