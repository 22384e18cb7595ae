import type { Settings } from '../../../singer/tap/index.ts';

/** What of the database becomes a stream. */
export const discoverySettings = {
  filter_schemas: {
    type: ['array', 'string'],
    items: { type: 'string', description: 'A schema.' },
    description:
      'Schemas to look into; a text names several with commas between. Unset: all but those of the system (pg_catalog, information_schema and the like), which are looked into where they are named here.',
    examples: [['public', 'sales'], 'public,sales'],
  },
  tables: {
    type: 'array',
    items: { type: 'string', description: 'A pattern, or ! and a pattern.' },
    description:
      'Patterns of tables to look for, with * for any text and ? for one character; behind ! patterns of those to leave out. One with a dot is compared with schema.table, one without with the table alone. The server does the choosing, so that fewer tables are found faster.',
    examples: [['orders', 'sales.*', '!*_backup'], ['!*.tmp_*']],
  },
  object_types: {
    type: 'array',
    items: {
      type: 'string',
      options: ['table', 'partitioned_table', 'partition', 'view', 'materialized_view', 'foreign_table'],
      description: 'A kind of object.',
    },
    default: ['table', 'partitioned_table', 'view', 'materialized_view', 'foreign_table'],
    description:
      'What becomes a stream. Partitions do not unless partition is among them: a partitioned table gives the rows of all.',
  },
  default_replication_method: {
    type: 'string',
    options: ['FULL_TABLE', 'INCREMENTAL', 'LOG_BASED'],
    default: 'FULL_TABLE',
    perStream: true,
    description:
      'How a stream is read whose catalog entry does not say it; INCREMENTAL needs a replication key then, from the catalog or replication_key. LOG_BASED is not available and is refused.',
  },
  replication_key: {
    type: 'string',
    perStream: true,
    description: 'Column by which INCREMENTAL reads a stream whose catalog entry names none. For stream_options.',
    examples: ['updated_at'],
  },
} as const satisfies Settings;
