import type { Json } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { firstPoints } from '../code-points.ts';
import { ValueFault } from '../fault.ts';
import { bucketStep } from '../generalize/bands.ts';
import { ageStep, dateStep, startStep } from '../generalize/dates.ts';
import { roundStep, topStep } from '../generalize/numbers.ts';
import { defineOperation, type Field, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'generalize',
  group: 'privacy',
  summary: 'Puts something coarser in place of the value: a band of numbers, a month, an age group, the start of a postcode.',
  notes: [
    'One way per step.',
    'A few coarse values together may still mean one person only: this makes data less clear, not anonymous.',
    'What is as coarse as asked already stays as it is: a number below `top_code`, one that is a multiple of `round` or the start of a band (`as: lower`).',
  ],
  parameters: {
    bucket: {
      type: 'object',
      description: 'Bands of numbers: all of one `width`, or between `edges`.',
      properties: {
        width: { type: 'number', description: 'Bands begin at multiples of it.' },
        edges: {
          type: 'array',
          items: { type: 'number', description: 'A number at which a band begins.' },
          description: 'Where bands begin, in order; one more is below the first.',
        },
        labels: {
          type: 'array',
          items: { type: 'string', description: 'The name of a band.' },
          description: 'Names of the bands between `edges`: one more than edges, the first for what is below all of them.',
        },
        as: {
          type: 'string',
          options: ['label', 'lower'],
          default: 'label',
          description: 'The name of the band (`20-29`), or the number at which it begins.',
        },
      },
      examples: [{ width: 10 }, { edges: [18, 65], labels: ['child', 'adult', 'senior'] }],
    },
    date: {
      type: 'string',
      options: ['year', 'quarter', 'month', 'week', 'decade'],
      description:
        'Of a date only the year (`2026`), quarter (`2026-Q1`), month (`2026-01`), ISO week (`2026-W05`), or decade (`2020s`).',
    },
    as: {
      type: 'string',
      options: ['label', 'start'],
      default: 'label',
      description: 'Beside `date`: its name, or its first day, so that a date stays a date. A time of day stays as it is then.',
    },
    age: {
      type: 'object',
      description: 'Years from a date of birth to another date.',
      properties: {
        from: { type: 'string', description: 'The field with the date of birth. The value itself unless set.' },
        at: {
          type: 'string',
          required: true,
          description: 'The date at which the age counts: a date, the name of a field, or `today` (two runs may then differ).',
        },
        bands: {
          type: ['integer', 'array'],
          items: { type: 'integer', description: 'An age at which a group begins.' },
          description: 'Groups of so many years, or the ages at which groups begin. Single years unless set.',
          examples: [10, [0, 18, 65]],
        },
        top: { type: 'integer', minimum: 1, default: 90, description: 'All of this age or older are one group.' },
      },
    },
    postcode: {
      type: 'object',
      description: 'Of a postcode only the start; one that has no more is replaced by `*`.',
      properties: { keep: { type: 'integer', minimum: 1, required: true, description: 'Characters that stay.' } },
    },
    round: { type: 'number', description: 'To the nearest multiple of this number.' },
    top_code: { type: 'number', description: 'Anything above this number becomes this number.' },
  },
  privacy: 'reduced',
  merges: true,
  examples: [
    { step: { generalize: { bucket: { width: 10 } } }, schema: { type: ['integer', 'null'] }, input: 41, output: '40-49' },
    { step: { generalize: { bucket: { width: 10 } } }, schema: { type: 'number' }, input: 41.5, output: '40 to <50' },
    {
      step: { generalize: { bucket: { edges: [18, 65], labels: ['child', 'adult', 'senior'] } } },
      schema: { type: 'integer' },
      input: 65,
      output: 'senior',
    },
    {
      step: { generalize: { bucket: { width: 0.1, as: 'lower' } } },
      schema: { type: 'number' },
      input: 0.37,
      output: 0.3,
    },
    {
      step: { generalize: { date: 'quarter' } },
      schema: { type: 'string', format: 'date' },
      input: '1815-12-10',
      output: '1815-Q4',
    },
    {
      step: { generalize: { date: 'week' } },
      schema: { type: 'string', format: 'date' },
      input: '2021-01-03',
      output: '2020-W53',
    },
    {
      step: { generalize: { age: { at: '2026-06-01', bands: 10 } } },
      schema: { type: 'string', format: 'date' },
      input: '1990-06-02',
      output: '30-39',
    },
    {
      step: { generalize: { date: 'year', as: 'start' } },
      schema: { type: 'string', format: 'date-time' },
      input: '2019-05-21T13:34:11Z',
      output: '2019-01-01T13:34:11Z',
    },
    { step: { generalize: { postcode: { keep: 3 } } }, input: 'SW1A 1AA', output: 'SW1' },
    { step: { generalize: { round: 100 } }, schema: { type: 'integer' }, input: 12_345, output: 12_300 },
    { step: { generalize: { top_code: 90 } }, schema: { type: 'integer' }, input: 104, output: 90 },
    { step: { generalize: { date: 'year' }, on_error: 'quarantine' }, input: 'long ago' },
  ],
  prepare({ age, as, bucket, date, postcode, round, top_code: top }, field): Step {
    const steps = [
      bucket && bucketStep(bucket, field),
      date && (as === 'start' ? startStep(date, field) : dateStep(date, field)),
      age && ageStep(age, field),
      postcode && postcodeStep(postcode.keep, field),
      round === undefined ? undefined : roundStep(round, field),
      top === undefined ? undefined : topStep(top, field),
    ].filter((step) => step !== undefined);
    if (as === 'start' && date === undefined) field.problem('goes with date', 'as');
    if (steps.length !== 1) field.problem('must say exactly one of bucket, date, age, postcode, round, top_code');
    return steps[0] ?? { schema: field.schema, apply: () => null };
  },
});

function postcodeStep(keep: number, { schema }: Field): Step {
  return {
    schema: schemaLike(schema, 'string'),
    apply(value: Json | undefined) {
      if (typeof value === 'object' || typeof value === 'boolean') throw new ValueFault('not-text', 'is no postcode');
      const text = canonicalOf(value!).trim();
      const start = firstPoints(text, keep);
      return start.length < text.length ? start.trimEnd() : '*';
    },
  };
}
