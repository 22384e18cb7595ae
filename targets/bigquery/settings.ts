import { connectionSettings } from '../../clients/bigquery/settings.ts';
import type { Config, Settings } from '../../singer/index.ts';

/** The settings of target-bigquery: those of z3z1ma's plugin with their defaults, then our own. */
export const settings = {
  ...connectionSettings,
  dataset: {
    type: 'string',
    required: true,
    aliases: ['dataset_id', 'default_target_schema'],
    description: 'Dataset for all tables; it is made if it is not there.',
  },
  location: {
    type: 'string',
    default: 'US',
    description: 'Where the dataset is made. One that is there stays where it is, and jobs run there.',
    examples: ['EU', 'europe-west1'],
  },
  method: {
    type: 'string',
    default: 'batch_job',
    options: ['batch_job', 'storage_write_api', 'streaming_insert'],
    description:
      'Way in. batch_job: files on the disk, then load jobs, which cost nothing. The other two are accepted and run as batch_job, which a line of the log says: load jobs alone are exact and atomic.',
  },
  load_method: {
    type: 'string',
    options: ['append-only', 'append', 'upsert', 'overwrite'],
    perStream: true,
    description:
      'append-only (or append) adds every record. upsert keeps one row per key, the last that came, writing only rows that changed; streams without a key are appended. Upsert a table by one run at a time. overwrite replaces all rows of a table in one step at the end of a run that proved complete. Unset: what upsert and overwrite select, else append-only.',
  },
  upsert: {
    type: ['boolean', 'array'],
    default: false,
    items: { type: 'string', description: 'A pattern.' },
    description:
      'For streams without load_method: true for all, or patterns of stream names (*, ?, [abc]) that select them; a leading ! excludes again, and the last pattern that matches counts. Also without denormalized.',
    examples: [['orders*', '!orders_log']],
  },
  overwrite: {
    type: ['boolean', 'array'],
    default: false,
    items: { type: 'string', description: 'A pattern.' },
    description: 'The same for overwrite. A stream that upsert selects, too, is upserted.',
  },
  dedupe_before_upsert: {
    type: ['boolean', 'array'],
    items: { type: 'string', description: 'A pattern.' },
    description: 'Streams of which a batch may have one key more than once.',
    ignored: 'of equal keys in a batch the last always counts',
  },
  hard_delete: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Delete instead of setting _sdc_deleted_at: rows of older versions on ACTIVATE_VERSION, and with upsert the row of a record that bears _sdc_deleted_at (the last record of a key decides).',
  },
  overwrite_on_eof: {
    type: 'boolean',
    default: false,
    description:
      'With overwrite: take the plain end of the input as proof that a stream is complete. Off: a STATE must have come after its last record. Switch on only for a source that sends no STATE, because an upstream that died looks the same.',
  },
  allow_empty_overwrite: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'With overwrite: a stream that is complete without a record empties its table. Off: the rows stay, because an upstream that read nothing by mistake looks the same.',
  },
  temporary_table_expiration_hours: {
    type: 'integer',
    default: 168,
    minimum: 24,
    description:
      'Rows of upsert and overwrite are loaded into a table beside (name__tapline_…) and go from there into their table; it is dropped then. After a crash it stays, for a run with the same run_id to go on with, until so many hours after it was made.',
  },
  temporary_table_name_template: {
    type: 'string',
    description: 'Names of such tables.',
    ignored: 'their names follow from their content, so that a run can find them again',
  },
  denormalized: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'On: a typed column for each property; objects and arrays are JSON. Off: each record whole in one JSON column `data`, beside the columns of its key.',
  },
  add_record_metadata: {
    type: 'boolean',
    default: true,
    perStream: true,
    description: 'Add the _sdc_ columns. When off, such fields of the records get no column either.',
  },
  number_type: {
    type: 'string',
    default: 'float64',
    options: ['float64', 'numeric', 'bignumeric', 'string'],
    perStream: true,
    description:
      'Column type of numbers whose schema shows no decimal digits. float64 keeps 15 digits, and a value that has more is noted; numeric keeps 29 digits before the point and 9 behind it; bignumeric 38 and 38; string all.',
  },
  column_casing: {
    type: 'string',
    default: 'keep',
    options: ['keep', 'lower', 'snake'],
    description:
      'Spelling of column names: as they came, in lower case, or in snake case. What BigQuery does not take in a name becomes an underscore. Names that meet end in a hash.',
  },
  partition_granularity: {
    type: 'string',
    options: ['year', 'month', 'day', 'hour'],
    perStream: true,
    description:
      'Tables that are made are partitioned by _sdc_batched_at, by such spans. Without add_record_metadata they are not. Unset: month; none for upsert and overwrite, which no such partition makes cheaper.',
  },
  partition_expiration_days: {
    type: 'number',
    minimum: 0.01,
    perStream: true,
    description: 'Age at which BigQuery drops a partition of a table that is made, with its rows. Unset: never.',
  },
  cluster_on_key_properties: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Cluster tables that are made by up to four columns of their key. Off, or without a key: by _sdc_batched_at. Tables of upsert always are, which makes merges cheaper.',
  },
  compression: {
    type: 'string',
    default: 'gzip',
    options: ['gzip', 'none'],
    description:
      'Of the files that are uploaded. none: for emulators, which take no gzip, and for a line faster than the processor.',
  },
  load_size_bytes: {
    type: 'integer',
    default: 268_435_456,
    minimum: 1024,
    description:
      'Rows are collected on the disk (TMPDIR) until there are so many bytes, before compression; then load jobs begin.',
  },
  load_interval_seconds: {
    type: 'number',
    default: 60,
    minimum: 0,
    description:
      'Load jobs also begin with the first batch that comes so long after the last ones. BigQuery takes 1,500 changes of a table a day: more often than each minute does not last.',
  },
  batch_size: {
    type: 'integer',
    description: 'Rows of a request.',
    ignored: 'load jobs go by load_size_bytes and load_interval_seconds',
  },
  fail_fast: { type: 'boolean', description: 'Stop at the first failure.', ignored: 'a run always stops at the first failure' },
  options: { type: 'object', description: 'Options of threads.', ignored: 'there is nothing to choose' },
  schema_resolver_version: { type: 'integer', description: 'How types are found.', ignored: 'see docs/types.md' },
} as const satisfies Settings;

/** The target's own settings, and what it must know of the core's. */
export type TargetConfig = Config<typeof settings> & { readonly validate_records?: boolean; readonly on_bad_record?: string };
