import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../../singer/shell/config.ts';
import { allSettings } from '../../../../singer/shell/plugin-settings.ts';
import tap from '../../../../taps/postgres/index.ts';

const CONNECTION = { host: 'db', port: 5432, user: 'me', password: 'secret' };

/** Settings with the defaults of the taps that have them. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  MeltanoLabs: {
    ...CONNECTION,
    database: 'd',
    filter_schemas: ['public'],
    max_record_count: 10,
    dates_as_string: false,
    json_as_object: false,
    default_replication_method: 'FULL_TABLE',
    stream_options: { 'public-t': { custom_where_clauses: ['id > 1'] } },
    replication_slot_name: 'tappostgres',
    replication_max_run_seconds: 600,
    replication_idle_exit_seconds: 60,
    log_based_single_connection: false,
    auto_bootstrap_log_based: false,
    ssh_tunnel: { enable: false, host: 'bastion', username: 'me', port: 22, private_key: 'x', private_key_password: 'x' },
    ssl_enable: false,
    ssl_mode: 'verify-full',
    ssl_certificate_authority: '~/.postgresql/root.crl',
    ssl_client_certificate_enable: false,
    ssl_client_certificate: '~/.postgresql/postgresql.crt',
    ssl_client_private_key: '~/.postgresql/postgresql.key',
    ssl_storage_directory: '.secrets',
    use_singer_decimal: false,
    emit_activate_version_messages: false,
  },
  pipelinewise: {
    ...CONNECTION,
    dbname: 'd',
    filter_schemas: 'public,sales',
    ssl: 'true',
    logical_poll_total_seconds: 10800,
    break_at_end_lsn: true,
    max_run_seconds: 43200,
    debug_lsn: 'true',
    tap_id: 'a',
    itersize: 20000,
    default_replication_method: 'FULL_TABLE',
    use_secondary: false,
    secondary_host: 'replica',
    secondary_port: 5432,
    limit: 100,
  },
  'singer-io': {
    ...CONNECTION,
    port: '5432',
    dbname: 'd',
    filter_dbs: 'd,e',
    ssl: 'false',
    itersize: '20000',
    debug_lsn: 'false',
    logical_poll_total_seconds: '1800',
    wal2json_message_format: '2',
    include_schemas_in_destination_stream_name: 'true',
    default_replication_method: 'FULL_TABLE',
  },
};

describe('the settings of tap-postgres', () => {
  it.each(Object.entries(CONFIGS))('take a config of %s as it is: what has no effect is said', (_, config) => {
    const { problems, unknown, ignored } = checkConfig(allSettings(tap as never), config);
    expect([problems, unknown]).toEqual([[], []]);
    expect(ignored.length).toBeGreaterThan(0);
  });
});
