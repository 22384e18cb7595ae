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
  on_schema_change: {
    type: 'string',
    options: ['evolve', 'fail', 'ignore'],
    default: 'evolve',
    perStream: true,
    description:
      'What becomes of a table that was altered after its catalog was discovered. evolve: columns of another type (or that may be null by now) are announced as they are, unless the catalog says text; a new key counts; columns that were dropped are left out and told; new ones are read if the catalog is one of this tap and leaves out no column, else they are left out and told. Rows that were sent before keep nothing in new columns until they are written or read anew. fail: the run ends before it reads anything. ignore: all stays as the catalog says; values are converted to its types, and the run ends at one that cannot be.',
  },
} as const satisfies Settings;
