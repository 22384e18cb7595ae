import type { Settings } from '../../singer/tap/index.ts';

const LOG_BASED = 'LOG_BASED is not available';

/** Settings of other taps that have nothing to say here, so that their configs are read without a warning. */
export const peerSettings = {
  filter_dbs: { type: 'string', description: 'Databases to look into.', ignored: 'a run reads one database, that of `database`' },
  itersize: {
    type: ['integer', 'string'],
    description: 'Rows of a fetch.',
    ignored: 'rows come by COPY, as fast as they are written',
  },
  include_schemas_in_destination_stream_name: {
    type: ['boolean', 'string'],
    description: 'Names of streams with their schema.',
    ignored: 'they always have it: `schema-table`',
  },
  tap_id: { type: 'string', description: 'Name of the job.', ignored: LOG_BASED },
  replication_slot_name: { type: 'string', description: 'Replication slot.', ignored: LOG_BASED },
  replication_max_run_seconds: { type: 'number', description: 'Longest reading of the log.', ignored: LOG_BASED },
  replication_idle_exit_seconds: { type: 'number', description: 'Longest wait for the log.', ignored: LOG_BASED },
  log_based_single_connection: { type: 'boolean', description: 'One connection for all streams.', ignored: LOG_BASED },
  auto_bootstrap_log_based: { type: 'boolean', description: 'Read new tables whole first.', ignored: LOG_BASED },
  max_run_seconds: { type: ['integer', 'string'], description: 'Longest reading of the log.', ignored: LOG_BASED },
  logical_poll_total_seconds: { type: ['integer', 'string'], description: 'Longest wait for the log.', ignored: LOG_BASED },
  break_at_end_lsn: { type: ['boolean', 'string'], description: 'End where the log ended at the start.', ignored: LOG_BASED },
  debug_lsn: { type: ['boolean', 'string'], description: 'Place in the log as a column.', ignored: LOG_BASED },
  wal2json_message_format: { type: ['integer', 'string'], description: 'Form of the log.', ignored: LOG_BASED },
} as const satisfies Settings;
