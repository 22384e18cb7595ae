import { streamOptionSettings, type Settings } from '../../../singer/tap/index.ts';

/** Settings that read a part of a stream only. */
export const limitSettings = {
  max_record_count: {
    type: 'integer',
    minimum: 1,
    aliases: ['limit'],
    perStream: true,
    description:
      'Read no more than this many records of each stream in one run (where nothing tells rows with the same replication key apart, all of them with the last one). INCREMENTAL: the next run goes on behind them (by xmin: the 64 MiB of the table in which the last one is are read to their end). FULL_TABLE: those that the server gives first; no version is activated.',
  },
  custom_where_clauses: {
    type: 'array',
    items: { type: 'string', description: 'A condition in SQL.' },
    perStream: true,
    description:
      'Conditions in SQL that rows must meet, all of them; they are part of our queries as they stand here, so nobody but you may write them. For stream_options. When they change, a bookmark stays what it is: rows before it that they let through now are not sent.',
    examples: [["status <> 'draft'"]],
  },
  window: {
    type: 'object',
    perStream: true,
    description:
      'Reads the rows whose column is in [from, before), whatever the replication method, and leaves the bookmark alone: to load a day or a month again. INCREMENTAL: in the order of the replication key. target-postgres puts them in place of what it has with replace_range. For stream_options.',
    examples: [{ column: 'day', from: '2026-01-01', before: '2026-02-01' }],
    properties: {
      column: { type: 'string', description: 'A column of the stream. Unset: the replication key.' },
      from: {
        type: ['string', 'integer', 'number'],
        description: 'The first value in the window, as Postgres reads it. Unset: from the smallest one on.',
      },
      before: {
        type: ['string', 'integer', 'number'],
        description: 'The first value after the window. Unset: to the largest one.',
      },
    },
  },
  stream_options: {
    ...streamOptionSettings.stream_options,
    examples: [{ 'public-orders': { custom_where_clauses: ["status <> 'draft'"] }, 'public-log*': { lookback: '1 hour' } }],
  },
} as const satisfies Settings;
