import type { Settings } from '../../../singer/tap/index.ts';

/** Streams from SQL of the user. */
export const querySettings = {
  custom_queries: {
    type: 'array',
    description:
      'Queries of your own that become streams beside those of the tables; the server tells their columns and types without running them. They are part of our queries as they stand here, in transactions that cannot write, so nobody but you may write them. To read nothing else, select their streams alone, or leave the tables out with tables: ["!*"].',
    examples: [
      [
        {
          name: 'orders_by_day',
          query: 'SELECT day, sum(amount) AS amount FROM sales.orders GROUP BY day',
          keys: ['day'],
          replication_key: 'day',
        },
      ],
    ],
    items: {
      type: 'object',
      strict: true,
      description: 'A query and its stream.',
      properties: {
        name: { type: 'string', required: true, description: 'Name of the stream.' },
        query: {
          type: 'string',
          required: true,
          aliases: ['sql'],
          description: 'One SELECT, or WITH … SELECT, whose columns have names, each another one.',
        },
        keys: {
          type: 'array',
          items: { type: 'string', description: 'A column.' },
          aliases: ['primary_keys', 'key_properties'],
          description: 'Columns that identify a row: nobody checks that they do. Unset: the stream has no key.',
        },
        replication_key: {
          type: 'string',
          description:
            'Column by which the stream is read INCREMENTAL unless its catalog entry says otherwise: the query stands in FROM, with the condition outside. Rows do not tell when they were committed: set lookback, or late ones are missed. Unset: FULL_TABLE, unless the catalog says otherwise.',
        },
      },
    },
  },
} as const satisfies Settings;
