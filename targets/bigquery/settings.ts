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
    options: ['batch_job', 'gcs_stage', 'storage_write_api', 'streaming_insert'],
    description:
      'Way in. batch_job: files on the disk, then load jobs, which cost nothing; each file is uploaded with its job. gcs_stage: files are uploaded to a bucket, many pieces at once, and one load job reads them all. The others are accepted and run as batch_job, which a line of the log says: load jobs alone are exact and atomic.',
  },
  bucket: {
    type: 'string',
    description:
      'Bucket of gcs_stage, in the location of the dataset (one of US takes any). The account needs the role Storage Object User on it.',
  },
  bucket_prefix: {
    type: 'string',
    default: 'tapline',
    description:
      'Folder for staged files. What a run that was killed leaves is removed by the next one that ends well with the same run_id; for all else let a lifecycle rule of the bucket delete files of this prefix after some days, not less than one.',
  },
  keep_staged_files: {
    type: 'boolean',
    default: false,
    description: 'Leave staged files in the bucket when they are loaded, for other uses or for a look at them.',
  },
  staged_file_bytes: {
    type: 'integer',
    default: 16_777_216,
    minimum: 65_536,
    description:
      'Size of a staged file, after compression: a load job reads them at the same time, and a cut upload repeats nothing of the others.',
  },
  storage_endpoint: {
    type: 'string',
    description:
      'Address of Cloud Storage in place of https://storage.googleapis.com, for a private endpoint or an emulator; unset, also what STORAGE_EMULATOR_HOST says. With http:// no credentials are sent.',
    examples: ['http://127.0.0.1:4443'],
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
  append_only: {
    type: 'boolean',
    perStream: true,
    description:
      'As pipelinewise’s plugin has it, where load_method is unset: on, records are appended; off, those of streams with a key are upserted.',
  },
  primary_key_required: {
    type: 'boolean',
    default: false,
    perStream: true,
    description: 'Refuse a stream without a key before any of its records. Off: such streams are appended.',
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
  temporary_dataset: {
    type: 'string',
    aliases: ['temp_schema'],
    description:
      'Dataset for the tables of rows on their way, in the same location; it is made if it is not there. Unset: they are beside their tables.',
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
      'On: a typed column for each property; objects and arrays are JSON, or as nested says. Off: each record whole in one JSON column `data`, beside the columns of its key. BigQuery keeps a number within JSON as a 64-bit integer or a double: one with more digits may be rounded there, and needs a column.',
  },
  nested: {
    type: 'string',
    default: 'json',
    options: ['json', 'struct'],
    perStream: true,
    description:
      'With denormalized: what objects and lists become. json: JSON columns, which keep them as they are. struct: an object whose schema names its members and lets no others come is a STRUCT, a list of such objects or of plain values is REPEATED; all else stays JSON. Members are added as the stream announces them; one whose type changes gets another beside it. BigQuery keeps no null in a REPEATED column and no difference between no list and an empty one: null items are left out, as are members that the schema does not name; both are noted in _sdc_changes and told. Columns that are STRUCT or REPEATED already are written as such. Such streams load more slowly.',
  },
  generate_view: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Where records are kept whole: also a view name_view with a typed column for each property. A value that its type does not take is NULL there and stays in the record, so that no change of types stops a load.',
  },
  add_record_metadata: {
    type: 'boolean',
    default: true,
    aliases: ['add_metadata_columns'],
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
  column_name_transforms: {
    type: 'object',
    description: 'How names of columns are changed, as z3z1ma’s plugin has it; column_casing says the same.',
    properties: {
      lower: { type: 'boolean', default: false, description: 'In lower case.' },
      snake_case: { type: 'boolean', default: false, description: 'In snake case.' },
      quote: { type: 'boolean', description: 'Quote them.', ignored: 'they always are' },
      add_underscore_when_invalid: {
        type: 'boolean',
        description: 'An underscore before a digit.',
        ignored: 'what BigQuery does not take is always replaced',
      },
      replace_period_with_underscore: {
        type: 'boolean',
        description: 'Underscores for periods.',
        ignored: 'what BigQuery does not take is always replaced',
      },
    },
  },
  partition_by: {
    type: 'string',
    perStream: true,
    description:
      'Property by whose values tables that are made are partitioned: a date or a time stamp, by partition_granularity, or an integer, by partition_range. One that belongs to the key makes merges read only the partitions they need. Streams without it are partitioned by the time of loading. A table that is there stays as it is, which a warning says.',
    examples: ['created_at'],
  },
  partition_range: {
    type: 'object',
    perStream: true,
    strict: true,
    description:
      'Partitions of an integer: from start to before end, each interval wide. What lies outside shares one more partition.',
    properties: {
      start: { type: 'integer', required: true, description: 'First number.' },
      end: { type: 'integer', required: true, description: 'Number behind the last one.' },
      interval: { type: 'integer', required: true, minimum: 1, description: 'Numbers in one partition.' },
    },
    examples: [{ start: 0, end: 1_000_000, interval: 1000 }],
  },
  merge_within_partitions: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'With upsert, for a table whose partitions do not follow from its key: merges look only into the partitions of the values that came, which costs less. On only if a row’s value in that column never changes (created_at, not updated_at): of a row whose value changes, the old version stays beside the new one. Batches in which the value is missing somewhere look everywhere. What belongs to the key needs no such promise.',
  },
  require_partition_filter: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Queries of tables that are made must say which partitions they read. Merges that cannot say so fail: not for upsert and overwrite, unless partition_by belongs to the key.',
  },
  partition_granularity: {
    type: 'string',
    options: ['year', 'month', 'day', 'hour'],
    perStream: true,
    description:
      'Tables that are made are partitioned by partition_by, else by _sdc_batched_at, by such spans. Without add_record_metadata they are not. Unset: month; none for upsert and overwrite, which no such partition makes cheaper.',
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
  clustering_fields: {
    type: 'array',
    perStream: true,
    items: { type: 'string', description: 'A property.' },
    description:
      'Cluster tables that are made by these properties, at most four, in this order. Those that a stream does not have are left out.',
    examples: [['customer_id', 'created_at']],
  },
  table_expiration_days: {
    type: 'number',
    minimum: 0.01,
    perStream: true,
    description:
      'Age at which BigQuery drops a table that is made, with its rows. Unset: never, unless the dataset says otherwise.',
  },
  labels: {
    type: 'object',
    members: { type: 'string', description: 'The value.' },
    description:
      'Labels for jobs, and for the dataset and the tables that are made, for the accounting of costs. Names and values are lower-case letters, digits, _ and -, at most 63.',
    examples: [{ team: 'data', cost_center: 'a1' }],
  },
  kms_key: {
    type: 'string',
    description:
      'Key of Cloud KMS for the dataset and the tables that are made, and for staged files. The service accounts of BigQuery and, with gcs_stage, of Cloud Storage must be allowed to use it.',
    examples: ['projects/p/locations/eu/keyRings/r/cryptoKeys/k'],
  },
  max_bytes_billed: {
    type: 'integer',
    minimum: 1,
    description:
      'Most bytes that one statement (a merge, a deletion) may be billed for. One that would read more fails before it begins and costs nothing. Unset: no limit.',
  },
  max_table_changes: {
    type: 'integer',
    minimum: 0,
    description:
      'Changes of one table (load jobs, new columns) within ten seconds. More of them wait, which the log says. Unset: five, as many as BigQuery takes; with an http:// address any number, because emulators have no quota. 0: any number.',
  },
  state_table: {
    type: 'string',
    default: '',
    description:
      'Table of the dataset, or dataset.table, that keeps the newest state: written by one small statement (it is billed for 10 MB) after each round of load jobs and merges, before the state is printed. `target-bigquery state get` prints it for the tap. Empty: none is kept.',
    examples: ['_singer_state'],
  },
  state_id: {
    type: 'string',
    default: 'default',
    description: 'Key of this pipeline in the state table. Give every pipeline that keeps its state there one of its own.',
  },
  price_per_tib: {
    type: 'number',
    default: 6.25,
    minimum: 0,
    description:
      'US dollars for a TiB of bytes billed, from which logs, summaries and --plan tell what merges and other statements cost. The default is the price on demand in most regions (https://cloud.google.com/bigquery/pricing); 0 where slots are paid for instead.',
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
      'Load jobs also begin with the first batch up to a STATE that comes so long after the last ones. BigQuery takes 1,500 changes of a table a day: more often than each minute does not last.',
  },
  batch_size: {
    type: 'integer',
    description: 'Rows of a request.',
    ignored: 'load jobs go by load_size_bytes and load_interval_seconds',
  },
  fail_fast: {
    type: 'boolean',
    description: 'Stop at the first row that is refused.',
    ignored: 'on_bad_record says what becomes of rows that cannot be loaded; a run stops at any other failure',
  },
  data_flattening_max_level: {
    type: 'integer',
    description: 'Levels of objects to be flattened.',
    ignored: 'flattening_enabled and flattening_max_depth say that',
  },
  hard_delete_mapping: { type: 'object', description: 'Streams to delete from.', ignored: 'stream_options can set hard_delete' },
  schema_mapping: { type: 'object', description: 'Datasets of streams.', ignored: 'all tables are in dataset' },
  flush_all_streams: { type: 'boolean', description: 'Load all streams at once.', ignored: 'they always are' },
  parallelism: { type: 'integer', description: 'Streams at once.', ignored: 'all tables are loaded at once' },
  max_parallelism: { type: 'integer', description: 'Most streams at once.', ignored: 'all tables are loaded at once' },
  use_partition_pruning: {
    type: 'boolean',
    description: 'Read only the partitions that a merge needs.',
    ignored: 'that is always done where the key says which they are',
  },
  timestamp_format: { type: 'string', description: 'Format of time stamps.', ignored: 'those of JSON schema are read' },
  options: { type: 'object', description: 'Options of threads.', ignored: 'there is nothing to choose' },
  schema_resolver_version: { type: 'integer', description: 'How types are found.', ignored: 'see docs/types.md' },
} as const satisfies Settings;

/** The target's own settings, and what it must know of the core's. */
export type TargetConfig = Config<typeof settings> & {
  readonly validate_records?: boolean;
  readonly on_bad_record?: string;
  readonly run_id?: string;
};
