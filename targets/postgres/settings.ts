import { connectionSettings } from '../../clients/postgres/settings.ts';
import type { Config, Settings } from '../../singer/index.ts';

/** The settings of target-postgres: those of MeltanoLabs' plugin with their defaults, then our own. */
export const settings = {
  ...connectionSettings,
  application_name: { ...connectionSettings.application_name, default: 'target-postgres' },
  default_target_schema: {
    type: 'string',
    aliases: ['postgres_schema'],
    description:
      'Schema for all tables. Unset: MELTANO_EXTRACT__LOAD_SCHEMA from the environment, then the schema part of a stream named schema-table, then the first schema of the search path (public).',
  },
  load_method: {
    type: 'string',
    default: 'append-only',
    options: ['append-only', 'upsert', 'overwrite'],
    description:
      'append-only inserts every record. upsert keeps one row per key, writing only rows that changed; streams without a key are appended. overwrite replaces the content of a table in one step at the end of a run that proved complete; a stream that sent no record leaves its table as it is.',
  },
  add_record_metadata: {
    type: 'boolean',
    default: true,
    description: 'Add the _sdc_ columns. When off, such fields of the records are dropped too.',
  },
  overwrite_on_eof: {
    type: 'boolean',
    default: false,
    description:
      'With overwrite: take the plain end of the input as proof that a stream is complete. Off: a STATE must have come after its last record. Switch on only for a source that sends no STATE, because an upstream that died looks the same.',
  },
  overwrite_via: {
    type: 'string',
    default: 'delete',
    options: ['delete', 'truncate'],
    description:
      'How overwrite empties the table before it fills it, both in one transaction. delete: readers see the old rows until the new ones are there, space is reclaimed by vacuum. truncate: faster for large tables, but readers wait while it is filled.',
  },
  column_casing: {
    type: 'string',
    default: 'keep',
    options: ['keep', 'lower', 'snake'],
    description:
      'Spelling of table and column names: as they came, in lower case, or in snake case. Names that meet or exceed 63 bytes end in a hash.',
  },
  state_table: {
    type: 'string',
    default: '_singer_state',
    description:
      'Table, or schema.table, that keeps the newest state; written in the same transaction as the records. Without a schema it is in default_target_schema (or where that falls back to, apart from stream names). Empty: none is kept.',
  },
  state_id: {
    type: 'string',
    default: 'default',
    description: 'Key of this pipeline in the state table. Give every pipeline that loads into the same database one of its own.',
  },
  lock_timeout: {
    type: 'number',
    default: 5,
    minimum: 0,
    description: 'Seconds that a statement waits for a lock before the batch is tried again. 0: without limit.',
  },
  statement_timeout: {
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'Seconds that one statement may take. 0: without limit.',
  },
  nul_policy: {
    type: 'string',
    default: 'strip',
    options: ['strip', 'replace', 'fail'],
    description:
      'What becomes of the character U+0000, which Postgres cannot store: left out, replaced by U+FFFD, or the run fails. Changes are counted.',
  },
  sanitize_null_text_characters: { type: 'boolean', default: false, description: 'The same as nul_policy replace.' },
  time_policy: {
    type: 'string',
    default: 'fail',
    options: ['fail', 'null'],
    description:
      'What becomes of a date or time that Postgres cannot hold (year 0000, 30 February): the run fails, or null is stored and counted.',
  },
  binary_as: {
    type: 'string',
    default: 'bytea',
    options: ['bytea', 'text'],
    description: 'Column type of properties with contentEncoding base64 or base16: decoded bytes, or the text as it came.',
  },
  activate_version: {
    type: 'boolean',
    default: true,
    aliases: ['process_activate_version_messages'],
    description: 'Act on ACTIVATE_VERSION messages.',
  },
  hard_delete: {
    type: 'boolean',
    default: false,
    description: 'On ACTIVATE_VERSION, delete rows of older versions instead of setting _sdc_deleted_at.',
  },
  use_copy: { type: 'boolean', default: true, description: 'Load by COPY.', ignored: 'loading is always by COPY' },
  interpret_content_encoding: {
    type: 'boolean',
    default: true,
    description: 'Decode encoded binary text.',
    ignored: 'use binary_as',
  },
  'dialect+driver': { type: 'string', description: 'Database driver.', ignored: 'there is one driver' },
} as const satisfies Settings;

export type TargetConfig = Config<typeof settings>;
