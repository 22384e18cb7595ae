import type { Settings } from '../../../singer/tap/index.ts';

/** Settings of INCREMENTAL streams; all but `start_date` may be set for some streams only. */
export const incrementalSettings = {
  start_date: {
    type: 'string',
    description:
      'INCREMENTAL by a date or a timestamp: rows with an earlier replication key are never read. For other keys, or for one stream, see start_value.',
    examples: ['2026-01-01', '2026-01-01T00:00:00Z'],
  },
  start_value: {
    type: ['string', 'integer', 'number'],
    perStream: true,
    description:
      'INCREMENTAL: rows with a smaller replication key are never read. Text as Postgres reads it for the type of the key. For stream_options.',
    examples: ['2026-01-01', 1000],
  },
  late_commits: {
    type: 'string',
    options: ['find', 'ignore'],
    default: 'find',
    perStream: true,
    description:
      'INCREMENTAL: rows that a transaction commits after a run, with a replication key that this run has passed already. find: nothing is lost; the next run looks through all rows before the bookmark for those that are newer than that run (only if something was written at all), which takes a scan of the table, about as long as count(*). lookback bounds it. ignore: such rows are never sent, as with other taps. Views, foreign tables and custom queries do not tell when a row was written: there only lookback helps.',
  },
  lookback: {
    type: ['string', 'integer', 'number'],
    perStream: true,
    description:
      'INCREMENTAL: how far before the bookmark late rows are looked for, so that an index on the replication key serves: an interval for dates and times (a number means seconds), a number for numbers. Rows that come later than that are lost. Of tables only rows that are new there are sent, of views all rows within are sent again.',
    examples: ['1 hour', 1000],
  },
  null_replication_key: {
    type: 'string',
    options: ['include_once', 'include_always', 'exclude', 'fail'],
    default: 'include_once',
    perStream: true,
    description:
      'INCREMENTAL: rows whose replication key is null. include_once: each is sent once (of views: those that the first run finds). include_always: all of them in every run. exclude: never. fail: the run ends before it reads if there are any.',
  },
} as const satisfies Settings;
