import type { OutOfRange } from '../model.ts';
import type { Change, Changes } from './changes.ts';

export type TimeKind = 'date' | 'timestamp' | 'timestamptz';

/** What Postgres writes of times within the years 1 to 9999, with DateStyle ISO; of moments, with TimeZone UTC. */
const DATE = String.raw`(\d{4}-\d\d-\d\d)`;
const TIME = String.raw`(\d\d:\d\d:\d\d(?:\.\d+)?)`;
const WITHIN: Readonly<Record<TimeKind, RegExp>> = {
  date: new RegExp(`^${DATE}$`),
  timestamp: new RegExp(`^${DATE} ${TIME}$`),
  timestamptz: new RegExp(String.raw`^${DATE} ${TIME}\+00$`),
};
/** All that it writes else: more digits of the year, an era, infinities. */
const BEYOND: Readonly<Record<TimeKind, RegExp>> = {
  date: /^(?:\d{4,}-\d\d-\d\d(?: BC)?|-?infinity)$/,
  timestamp: /^(?:\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: BC)?|-?infinity)$/,
  timestamptz: /^(?:\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00(?: BC)?|-?infinity)$/,
};
const CHANGES: Readonly<Record<Exclude<OutOfRange, 'fail'>, Change>> = { null: 'null', string: 'text', clamp: 'clamped' };
const FIRST: Readonly<Record<TimeKind, string>> = {
  date: '0001-01-01',
  timestamp: '0001-01-01T00:00:00+00:00',
  timestamptz: '0001-01-01T00:00:00+00:00',
};
const LAST: Readonly<Record<TimeKind, string>> = {
  date: '9999-12-31',
  timestamp: '9999-12-31T23:59:59.999999+00:00',
  timestamptz: '9999-12-31T23:59:59.999999+00:00',
};

/**
 * A date as `2026-01-31`, a timestamp with or without zone as `2026-01-31T12:00:00.123456+00:00`: in UTC, to the microsecond, written as
 * MeltanoLabs' tap does. Throws RecordError by `outOfRange` and for what no server writes under the settings of our sessions.
 */
export function timeReader(
  kind: TimeKind,
  outOfRange: OutOfRange,
  column: string,
  changes: Changes,
): (text: string) => string | null {
  const within = WITHIN[kind];
  return (text) => {
    const match = within.exec(text);
    if (match !== null) return kind === 'date' ? text : `${match[1]}T${match[2]}+00:00`;
    if (!BEYOND[kind].test(text)) throw changes.unreadable(column, kind);
    if (outOfRange === 'fail') throw changes.refusal(column, 'outside of the years 1 to 9999', 'temporal_out_of_range');
    changes.add(column, CHANGES[outOfRange]);
    if (outOfRange === 'null') return null;
    if (outOfRange === 'string') return text;
    return text.startsWith('-') || text.endsWith('BC') ? FIRST[kind] : LAST[kind];
  };
}
