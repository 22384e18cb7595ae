import { ExactNumber, isJsonObject, type Json } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { defineValueCheck, type ValueCheck } from '../check.ts';
import { compareValues } from './order.ts';
import { instantOf } from '../instant.ts';
import { textOf } from '../record.ts';
import { compileRegex } from '../regex.ts';

const VALUES = { type: 'array', required: true, description: 'The values.', examples: [['open', 'closed']] } as const;
const BOUND = { type: ['number', 'string'], description: 'A number, a date or a text.' } as const;

/** Checks of one value, in the order of the docs. */
export const valueChecks: readonly ValueCheck[] = [
  defineValueCheck({
    name: 'not_null',
    summary: 'The value is there, and not null.',
    parameters: {},
    takesNull: true,
    prepare: () => (value) => value !== null,
  }),
  defineValueCheck({
    name: 'in_set',
    summary: 'The value is one of some.',
    parameters: { values: VALUES },
    main: 'values',
    prepare({ values }) {
      const set = setOf(values);
      return (value) => set.has(markOf(value));
    },
  }),
  defineValueCheck({
    name: 'not_in_set',
    summary: 'The value is none of some.',
    parameters: { values: VALUES },
    main: 'values',
    prepare({ values }) {
      const set = setOf(values);
      return (value) => !set.has(markOf(value));
    },
  }),
  defineValueCheck({
    name: 'between',
    summary: 'The value is not less than the one bound and not more than the other.',
    parameters: {
      range: { type: 'array', description: 'Both bounds, `[0, 24]`.' },
      min: BOUND,
      max: BOUND,
    },
    main: 'range',
    prepare({ max, min, range }, _, problem) {
      const [low, high] = range === undefined ? [min, max] : [range[0], range[1]];
      if (range !== undefined && range.length !== 2) problem('must be two bounds', 'range');
      if (range === undefined && min === undefined && max === undefined) problem('needs min or max');
      const above = low === undefined || low === null ? undefined : low;
      const below = high === undefined || high === null ? undefined : high;
      return (value) =>
        (above === undefined || (compareValues(value, above) ?? -1) >= 0) &&
        (below === undefined || (compareValues(value, below) ?? 1) <= 0);
    },
  }),
  defineValueCheck({
    name: 'gt',
    summary: 'The value is more than a bound.',
    parameters: { than: { ...BOUND, required: true } },
    main: 'than',
    prepare:
      ({ than }) =>
      (value) =>
        (compareValues(value, than) ?? -1) > 0,
  }),
  defineValueCheck({
    name: 'lt',
    summary: 'The value is less than a bound.',
    parameters: { than: { ...BOUND, required: true } },
    main: 'than',
    prepare:
      ({ than }) =>
      (value) =>
        (compareValues(value, than) ?? 1) < 0,
  }),
  defineValueCheck({
    name: 'length',
    summary: 'The text has so many characters, or the list so many items.',
    parameters: {
      exactly: { type: 'integer', minimum: 0, description: 'So many.' },
      min: { type: 'integer', minimum: 0, description: 'At least so many.' },
      max: { type: 'integer', minimum: 0, description: 'At most so many.' },
    },
    main: 'exactly',
    prepare({ exactly, max = exactly, min = exactly }, _, problem) {
      if (min === undefined && max === undefined) problem('needs a number, min or max');
      const [least, most] = [min ?? 0, max ?? Number.POSITIVE_INFINITY];
      return (value) => {
        const length = lengthOf(value);
        return length >= least && length <= most;
      };
    },
  }),
  defineValueCheck({
    name: 'regex',
    summary: 'A regular expression finds something in the text; with `full_match`, all of it.',
    parameters: {
      pattern: { type: 'string', required: true, description: 'The regular expression.' },
      full_match: { type: 'boolean', default: false, description: 'It must match the whole text.' },
      ignore_case: { type: 'boolean', default: false, description: 'Upper and lower case are the same.' },
    },
    main: 'pattern',
    prepare({ full_match, ignore_case, pattern }, _, problem) {
      const own = compileRegex(pattern, ignore_case ? 'iu' : 'u', (message) => problem(message, 'pattern'));
      const regex = full_match ? new RegExp(`^(?:${own.source})$`, own.flags) : own;
      return (value) => {
        return (typeof value === 'string' || isNumber(value)) && regex.test(textOf(value));
      };
    },
  }),
  defineValueCheck({
    name: 'type',
    summary: 'The value is of a type.',
    parameters: {
      type: {
        type: 'string',
        required: true,
        options: ['string', 'integer', 'number', 'boolean', 'object', 'array', 'date', 'date-time'],
        description: 'The type.',
      },
    },
    main: 'type',
    prepare: ({ type }) => TYPES[type],
  }),
];

const TYPES = {
  string: (value: Json) => typeof value === 'string',
  integer: (value: Json) => isNumber(value) && /^-?\d+(?:\.0*)?$/.test(canonicalOf(value)),
  number: isNumber,
  boolean: (value: Json) => typeof value === 'boolean',
  object: isJsonObject,
  array: (value: Json) => Array.isArray(value),
  date: (value: Json) => typeof value === 'string' && value.length === 10 && instantOf(value) !== undefined,
  'date-time': (value: Json) => typeof value === 'string' && value.length > 10 && instantOf(value) !== undefined,
} as const;

function isNumber(value: Json): boolean {
  return typeof value === 'number' || value instanceof ExactNumber;
}

function setOf(values: readonly Json[]): ReadonlySet<string> {
  return new Set(values.map(markOf));
}

/** Equal for equal values: 1 and 1.0 are, 1 and "1" are not. */
function markOf(value: Json): string {
  return `${typeof value === 'string' ? 's' : 'v'}${canonicalOf(value)}`;
}

function lengthOf(value: Json): number {
  if (Array.isArray(value)) return value.length;
  const text = typeof value === 'string' || isNumber(value) ? textOf(value) : '';
  let length = 0;
  for (const _ of text) length++;
  return length;
}
