import type { Config, Settings } from '../../singer/index.ts';

/** How to reach a Postgres server: the same settings for everything that talks to one. */
export const connectionSettings = {
  url: {
    type: 'string',
    secret: true,
    aliases: ['sqlalchemy_url'],
    description:
      'Address with everything in it; overrides host, port, user, password and database. Parameters are those of libpq; several hosts stand with commas between. A driver name behind `postgresql+` is ignored.',
    examples: [
      'postgresql://loader:secret@db.example.com:5432/warehouse?sslmode=verify-full',
      'postgresql://loader@db1,db2:5433/warehouse?target_session_attrs=prefer-standby',
    ],
  },
  host: {
    type: 'string',
    aliases: ['postgres_host'],
    description:
      'Name or address of the server, or the folder of its socket. Several with commas between are tried in their order, see target_session_attrs. Needed unless url, a service or PGHOST says it.',
  },
  port: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: 65_535,
    aliases: ['postgres_port'],
    description:
      'Port of the server; with several hosts one for all of them, or as many with commas between. Unset: what a service or PGPORT says, else 5432.',
    examples: [5432, '5432,5433'],
  },
  user: {
    type: 'string',
    aliases: ['username', 'postgres_username'],
    description: 'Role to log in as. Needed unless url, a service or PGUSER says it.',
  },
  database: {
    type: 'string',
    aliases: ['dbname', 'postgres_database'],
    description: 'Database to connect to. Needed unless url, a service or PGDATABASE says it.',
  },
  service: {
    type: 'string',
    description:
      'Service of libpq whose parameters count where settings are silent: a section of the file PGSERVICEFILE or ~/.pg_service.conf. Unset: PGSERVICE.',
  },
  target_session_attrs: {
    type: 'string',
    options: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
    description:
      'Which of several hosts will do, as libpq understands it: the first that can be reached (any), that takes writes, that takes none, that is the primary, that is a standby, or a standby if there is one. Unset: what url, a service or PGTARGETSESSIONATTRS says, else any.',
  },
  password: {
    type: 'string',
    secret: true,
    aliases: ['postgres_password'],
    description:
      'Password. If none is given here or by the next three settings, a service, PGPASSWORD and then the password file (PGPASSFILE, ~/.pgpass) are looked at.',
  },
  password_file: {
    type: 'string',
    description: 'File whose content, without the final newline, is the password. Read again at every connect.',
  },
  password_env: { type: 'string', description: 'Name of an environment variable that holds the password.' },
  password_command: {
    type: 'array',
    items: { type: 'string', description: 'The program, then its arguments.' },
    description: 'Program that prints the password; run without a shell at every connect, so that short-lived tokens work.',
    examples: [
      ['aws', 'rds', 'generate-db-auth-token', '--hostname', 'db.example.com', '--port', '5432', '--username', 'loader'],
    ],
  },
  ssl_enable: {
    type: 'boolean',
    default: false,
    description:
      'Use TLS as ssl_mode says. When off: as the url (or PGSSLMODE) says, else TLS if the server offers it, unverified.',
  },
  ssl: {
    type: 'boolean',
    default: false,
    description: 'Use TLS without checking the certificate: the same as ssl_enable with ssl_mode require.',
  },
  ssl_mode: {
    type: 'string',
    default: 'verify-full',
    options: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    description:
      'With ssl_enable: how far to trust, as libpq understands it. verify-full checks the certificate and the name, verify-ca the certificate alone; the others nothing, unless an authority is given. allow begins without TLS and prefer with it, and each does the other if that is refused. Sockets have none.',
  },
  ssl_certificate_authority: {
    type: 'string',
    description:
      'Certificate authority to trust: PEM text, the path of a file, or system for those that Node.js trusts. Unset (or a file that is not there, where nothing asks for TLS): ~/.postgresql/root.crt if it is there, else those that Node.js trusts.',
  },
  ssl_client_certificate_enable: { type: 'boolean', default: false, description: 'Show a client certificate to the server.' },
  ssl_client_certificate: { type: 'string', description: 'Client certificate: PEM text or the path of a file.' },
  ssl_client_private_key: {
    type: 'string',
    secret: true,
    description: 'Key of the client certificate: PEM text or the path of a file.',
  },
  ssl_client_private_key_password: { type: 'string', secret: true, description: 'Password of that key, if it has one.' },
  ssl_storage_directory: {
    type: 'string',
    default: '.secrets',
    description: 'Folder for certificates that are given as text.',
    ignored: 'certificates given as text are never written to files',
  },
  ssh_tunnel: {
    type: 'object',
    description: 'Not available: open the tunnel outside (`ssh -N -L 5433:db:5432 bastion`) and point host and port at it.',
    properties: {
      enable: { type: 'boolean', default: false, description: 'Must be false.' },
      host: { type: 'string', description: 'Bastion host.' },
      port: { type: 'integer', default: 22, description: 'Port of the bastion host.' },
      username: { type: 'string', description: 'User on the bastion host.' },
      private_key: { type: 'string', secret: true, description: 'Private key for the bastion host.' },
      private_key_password: { type: 'string', secret: true, description: 'Password of the private key.' },
    },
  },
  application_name: {
    type: 'string',
    default: 'tapline',
    description: 'Name that the server shows for our connection in pg_stat_activity.',
  },
  connect_timeout: {
    type: 'number',
    default: 15,
    minimum: 0,
    description: 'Seconds to wait for a connection. 0: as long as the system does.',
  },
  max_retries: {
    type: 'integer',
    default: 5,
    minimum: 0,
    description:
      'How often a batch is tried again after a lost connection, a deadlock or a held lock, with growing waits between (about 30 s in all).',
  },
} as const satisfies Settings;

export type ConnectionConfig = Config<typeof connectionSettings>;
