import { connectionSettings } from '../../clients/postgres/settings.ts';
import type { Config, Settings } from '../../singer/index.ts';
import { columnSettings } from './column-settings.ts';

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
    perStream: true,
    description:
      'append-only inserts every record. upsert keeps one row per key, writing only rows that changed; streams without a key are appended. overwrite replaces the content of a table in one step at the end of a run that proved complete; a stream that sent no record leaves its table as it is.',
  },
  add_record_metadata: {
    type: 'boolean',
    default: true,
    perStream: true,
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
    perStream: true,
    description:
      'How overwrite empties the table before it fills it, both in one transaction. delete: readers see the old rows until the new ones are there, space is reclaimed by vacuum. truncate: faster for large tables, but readers wait while it is filled.',
  },
  replace_range: {
    type: 'object',
    perStream: true,
    description:
      'Replaces a part of a table: the rows whose column is in the window [from, before) are deleted and the records of the run put in their place, in one step at the end of a run that proved complete (see overwrite_on_eof); how many were removed and put is told. A record outside of the window ends the run. For stream_options.',
    examples: [{ column: 'day', from: '2026-01-01', before: '2026-02-01' }],
    properties: {
      column: { type: 'string', required: true, description: 'Property by which rows are in the window; one without null.' },
      from: { type: ['integer', 'string'], required: true, description: 'The first value that is in the window.' },
      before: { type: ['integer', 'string'], required: true, description: 'The first value after the window.' },
      allow_empty: {
        type: 'boolean',
        default: false,
        description:
          'Empty the window when the stream is complete without a record. Off: it then stays as it is, with a warning.',
      },
    },
  },
  max_delete_percent: {
    type: 'number',
    default: 100,
    minimum: 0,
    maximum: 100,
    perStream: true,
    description:
      'Brake on deletes: when an activated version, an overwrite or replace_range would take away more than this share of the live rows (of the window), the run fails and nothing of it is done. 100: no brake, and no counting either.',
  },
  version_column: {
    type: 'string',
    perStream: true,
    description:
      'Property that says how new a row is, for example updated_at: with upsert, a record that is older than the row that is there does not overwrite it; of equal ones the last wins. Null is older than everything. After a hard delete nothing is left to compare with.',
  },
  audit_columns: {
    type: ['boolean', 'object'],
    perStream: true,
    description:
      'Columns that the server fills: created_at when a row is inserted, modified_at then and whenever its data really changes. true takes these names; an empty name leaves a column out. Rows that were there before have null. After overwrite and replace_range both tell when the rows were replaced.',
    examples: [true, { created_at: 'loaded_at', modified_at: 'changed_at' }],
    properties: {
      created_at: { type: 'string', default: 'created_at', description: 'Name of the column.' },
      modified_at: { type: 'string', default: 'modified_at', description: 'Name of the column.' },
    },
  },
  indexes: {
    type: 'array',
    default: [],
    perStream: true,
    items: {
      type: ['string', 'array'],
      description: 'A property, or a list of them.',
      items: { type: 'string', description: 'A property.' },
    },
    description:
      'Indexes that a table gets when the run has loaded it: lists of properties. On a table that was there before they are built without blocking writers, which takes longer. Existing ones of the same name are left alone.',
    examples: [['created_at', ['country', 'city']]],
  },
  table_options: {
    type: 'object',
    perStream: true,
    members: { type: ['number', 'boolean', 'string'], description: 'The value.' },
    description: 'Storage parameters for tables that the run makes.',
    examples: [{ fillfactor: 90, autovacuum_vacuum_scale_factor: 0.02 }],
  },
  grants: {
    type: 'object',
    perStream: true,
    description:
      'Roles that may use the tables that the run makes, by privilege; their schema, too. Tables that are there already are left as they are.',
    examples: [{ select: ['analyst', 'dashboard'] }],
    properties: {
      select: { type: 'array', items: { type: 'string', description: 'Role.' }, description: 'Roles that may read.' },
      insert: { type: 'array', items: { type: 'string', description: 'Role.' }, description: 'Roles that may insert.' },
      update: { type: 'array', items: { type: 'string', description: 'Role.' }, description: 'Roles that may update.' },
      delete: { type: 'array', items: { type: 'string', description: 'Role.' }, description: 'Roles that may delete.' },
    },
  },
  role: {
    type: 'string',
    description: 'Role to take on right after the login (SET ROLE): it then owns what is made. The user must be a member of it.',
  },
  before_run_sql: {
    type: ['array', 'string'],
    items: { type: 'string', description: 'SQL.' },
    description:
      'SQL to run once before any input is read, each item by itself and outside of our transactions. A failure ends the run. Never shown in logs.',
    examples: ['CALL prepare_load()'],
  },
  after_run_sql: {
    type: ['array', 'string'],
    items: { type: 'string', description: 'SQL.' },
    description:
      'SQL to run once when all is loaded and committed, each item by itself. A failure fails the run, the data stays. Never shown in logs.',
    examples: [['ANALYZE users', 'REFRESH MATERIALIZED VIEW CONCURRENTLY totals']],
  },
  load_ledger: {
    type: 'boolean',
    default: false,
    description:
      'Keep a row per run and stream in the table _singer_loads, beside the state table: run_id, records, bytes, what became of them, first and last bookmark, times, status. Written in the same transactions as the records.',
  },
  erasures: {
    type: 'array',
    description:
      'Erases rows of people who have asked to be forgotten, in the transaction that commits their requests: the fields get values of the same shape that say nothing (see the rule erase). What was done stands in the table erasure_log. Requests that meet no row stay pending; at the end of a run all are looked at once more.',
    examples: [
      [
        {
          requests_stream: 'erasure_requests',
          tables: [
            { table: 'customers', where: { id: 'customer_id', email: 'email' }, fields: ['first_name', 'email'] },
            { table: 'transactions', where: { customer_id: 'customer_id' }, fields: ['delivery_address'] },
          ],
        },
      ],
    ],
    items: {
      type: 'object',
      description: 'Whom and what to erase.',
      strict: true,
      properties: {
        requests_stream: {
          type: 'string',
          required: true,
          description: 'Stream whose records are requests; it is loaded by this target.',
        },
        match: {
          type: 'object',
          description: 'By table, what `where` says; for tables without a `where` of their own.',
          members: {
            type: 'object',
            members: { type: 'string', description: 'Column of a request.' },
            description: 'As `where`.',
          },
        },
        tables: {
          type: 'array',
          required: true,
          description: 'The tables, those of quarantine and history too.',
          items: {
            type: 'object',
            description: 'One table.',
            strict: true,
            properties: {
              table: {
                type: 'string',
                required: true,
                description:
                  'Its name, with its schema if that is not the one of the tables. One that is not there is passed over.',
              },
              where: {
                type: 'object',
                description:
                  'How rows name people: columns, or paths into JSON (`record.email`), each with the column of a request that it is compared with. One that is equal is enough.',
                members: { type: 'string', description: 'Column of a request.' },
              },
              fields: {
                type: 'array',
                required: true,
                description: 'Columns that are erased. Of JSON all values are.',
                items: { type: 'string', description: 'Column.' },
              },
            },
          },
        },
        dates: {
          type: 'string',
          options: ['year', 'null'],
          default: 'year',
          description: 'What stays of dates: the first day of their year, or null where the column takes that.',
        },
      },
    },
  },
  erasure_key: {
    type: 'string',
    secret: true,
    description:
      'Key of the hashes by which erasure_log knows requests, at least 32 characters; required with erasures. With another key all requests count as new.',
  },
  ...columnSettings,
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
    description:
      'Seconds that one statement may take. A server that stays silent five seconds longer counts as gone. 0: without limit.',
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
      'What becomes of a date or time that Postgres cannot hold (year 0000, 30 February; infinity and years BC it can): the run fails, or null is stored and counted.',
  },
  binary_as: {
    type: 'string',
    default: 'bytea',
    options: ['bytea', 'text'],
    description: 'Column type of properties with contentEncoding base64 or base16: decoded bytes, or the text as it came.',
  },
  hard_delete: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Delete instead of setting _sdc_deleted_at: rows of older versions on ACTIVATE_VERSION, and with upsert the row of a record that bears _sdc_deleted_at (the last record of a key decides). Loading into a new table is slower then.',
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
