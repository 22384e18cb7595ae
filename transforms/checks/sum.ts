import type { Json } from '../../singer/index.ts';
import { defineCheck } from '../check.ts';
import { numberIn } from '../compare.ts';
import { fingerprintOf, hashedText } from '../fingerprints.ts';
import { compareDecimals, decimalOf } from '../numbers/decimal.ts';
import { ExactSum, isSummable } from '../numbers/exact-sum.ts';
import { namesIn, readersOf } from '../places.ts';
import type { Reader } from './memory.ts';

/** What a group takes in memory, about. */
const GROUP_BYTES = 200;
const DAY = /^date\((.+)\)$/;

interface Sums {
  readonly groups: Map<string, ExactSum>;
  isPartial: boolean;
}

export default defineCheck({
  name: 'sum',
  of: 'stream',
  summary: 'The sum of a field, for each group of records, is within bounds. Counted exactly, at the end of the run.',
  parameters: {
    of: { type: 'string', required: true, description: 'The field that is added up. Null counts as nothing.' },
    by: {
      type: ['array', 'string'],
      default: [],
      description: 'The fields that make groups; `date(field)` is the day of a time. Absent: all records are one group.',
      examples: [['user', 'date(timestamp)']],
    },
    min: { type: 'number', description: 'The least that a sum may be.' },
    max: { type: 'number', description: 'The most that a sum may be.' },
  },
  examples: [
    {
      rules: { checks: [{ sum: { of: 'hours', by: ['user', 'date(at)'], max: 24, severity: 'warn' } }] },
      schema: {
        type: 'object',
        properties: { user: { type: 'string' }, at: { type: 'string', format: 'date-time' }, hours: { type: 'number' } },
      },
      input: [{ user: 'ada', at: '2026-01-01T08:00:00Z', hours: 25 }],
      output: [{ user: 'ada', at: '2026-01-01T08:00:00Z', hours: 25 }],
    },
  ],
  prepare({ by, max, min, of }, shape, context) {
    const [read] = readersOf([of], shape, context, 'of');
    const groupers = namesIn(by).flatMap((text): Reader[] => {
      const day = DAY.exec(text)?.[1];
      const [reader] = readersOf([day ?? text], shape, context, 'by');
      if (reader === undefined) return [];
      return [day === undefined ? reader : (record) => dayOf(reader(record))];
    });
    if (min === undefined && max === undefined) context.problem('needs min or max');
    if (read === undefined) return [];
    const most = Math.floor(context.quality.memoryBytes / GROUP_BYTES);
    const sums = context.keep<Sums>('sums', () => ({ groups: new Map(), isPartial: false }));
    const [least, highest] = [min, max].map((bound) => (bound === undefined ? undefined : decimalOf(String(bound))));
    return [
      {
        kind: 'stream',
        field: of,
        see(record) {
          const number = numberIn(read(record) ?? null);
          if (number === undefined) return;
          const group = fingerprintOf(hashedText(groupers.map((reader) => reader(record))));
          let sum = sums.groups.get(group);
          if (sum === undefined && sums.groups.size < most) sums.groups.set(group, (sum = new ExactSum()));
          if (sum === undefined || !isSummable(number)) sums.isPartial = true;
          else sum.add(number);
        },
        verdict() {
          let failed = 0;
          for (const { text } of sums.groups.values()) {
            const sum = decimalOf(text)!;
            const isLow = least !== undefined && compareDecimals(sum, least) < 0;
            if (isLow || (highest !== undefined && compareDecimals(sum, highest) > 0)) failed++;
          }
          return { passed: sums.groups.size - failed, failed, isPartial: sums.isPartial };
        },
      },
    ];
  },
});

/** The day of a date or time as it is written: no zone is changed. */
function dayOf(value: Json | undefined): Json | undefined {
  return typeof value === 'string' ? value.slice(0, 10) : value;
}
