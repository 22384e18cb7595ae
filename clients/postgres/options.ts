import { ConfigError, type Problem } from '../../singer/errors.ts';
import type { Log } from '../../singer/index.ts';
import { type Host, hostsOf } from './hosts.ts';
import { passwordFor, type Login } from './password.ts';
import { serviceParameters } from './service.ts';
import type { ConnectionConfig } from './settings.ts';
import { tlsFor, tlsMode, type Tls, type TlsMode } from './tls.ts';
import { urlParameters, type Parameters } from './url.ts';

/** All that a connection needs to know. Holds no password, only the way to one. */
export interface ConnectOptions extends Login {
  /** The first one; `hosts` has all. */
  readonly host: string;
  readonly port: number;
  /** In the order in which they are tried; at least one. */
  readonly hosts: readonly Host[];
  readonly sessionAttrs: SessionAttrs;
  readonly tls: Tls;
  readonly applicationName: string;
  /** Server settings for the session, as libpq's `options` writes them. */
  readonly startupOptions: string | undefined;
  readonly connectTimeoutMs: number;
  readonly maxRetries: number;
  /** Asked when a server wants one; `at` is that of the first host by default. Throws SystemError. */
  password(at?: Host): Promise<string>;
}

/** libpq's `target_session_attrs`: which of several servers will do. */
export type SessionAttrs = ConnectionConfig['target_session_attrs'];

/**
 * Reads the connection settings. The url counts first, then the settings, then the service file, then libpq's environment variables;
 * `instead` before all. Throws a ConfigError that lists all problems.
 */
export function connectOptions(
  config: ConnectionConfig,
  log: Pick<Log, 'conceal'>,
  env: NodeJS.ProcessEnv = process.env,
  instead: Partial<Record<'host' | 'port', string>> = {},
): ConnectOptions {
  const problems: Problem[] = [];
  const url = config.url === undefined ? {} : urlParameters(config.url);
  if (url === undefined) problems.push(NO_URL);
  const named = url?.['service'] ?? config.service ?? (env['PGSERVICE'] || undefined);
  const service = named === undefined ? {} : serviceParameters(named, env, problems);
  const sources: Sources = { url: { ...url, ...instead }, service, env };

  const needed = (keyword: keyof typeof VARIABLES, setting: string, own: string | undefined): string => {
    const value = parameter(sources, keyword, own);
    // With a url that cannot be read nobody knows what is missing.
    if (value === undefined && url !== undefined) {
      problems.push({ path: setting, message: `is needed (or url, a service, or ${VARIABLES[keyword]} in the environment)` });
    }
    return value ?? '';
  };
  const user = needed('user', 'user', config.user);
  const host = needed('host', 'host', config.host);
  const database = needed('dbname', 'database', config.database);
  const port = parameter(sources, 'port', config.port === undefined ? undefined : String(config.port));
  const hosts = hostsOf(host, port, (message) =>
    problems.push(sources.url['port'] === undefined ? { path: 'port', message } : NO_URL),
  );
  if (config.ssh_tunnel?.enable === true) {
    problems.push({
      path: 'ssh_tunnel.enable',
      message: 'is not available: open the tunnel outside, point host and port at it and leave this off',
    });
  }
  const tls = tlsOf(config, sources, problems);
  const sessionAttrs = attrsOf(parameter(sources, 'target_session_attrs', config.target_session_attrs), problems);
  const seconds = Number(sources.url['connect_timeout'] ?? sources.service['connect_timeout'] ?? config.connect_timeout);
  if (problems.length > 0) throw new ConfigError(problems);

  const secrets = {
    password: sources.url['password'] ?? config.password,
    file: config.password_file,
    env: config.password_env,
    command: config.password_command,
    service: service['password'],
    passfile: sources.url['passfile'] ?? service['passfile'],
  };
  const [first] = hosts;
  return {
    ...first!,
    hosts,
    user,
    database,
    sessionAttrs,
    tls,
    startupOptions: parameter(sources, 'options', undefined),
    applicationName: sources.url['application_name'] ?? config.application_name,
    connectTimeoutMs: (Number.isFinite(seconds) && seconds > 0 ? seconds : 0) * 1000,
    maxRetries: config.max_retries,
    password: async (at = first!) => {
      const password = await passwordFor({ ...at, user, database }, secrets, env);
      // It may come from a file, a command or the environment, which the log has not seen.
      log.conceal([password]);
      return password;
    },
  };
}

const NO_URL: Problem = { path: 'url', message: 'must look like postgresql://user:password@host:port/database' };

/** Where parameters come from, beside the settings. */
interface Sources {
  readonly url: Parameters;
  readonly service: Parameters;
  readonly env: NodeJS.ProcessEnv;
}

/** libpq's keywords and its environment variables for them. */
const VARIABLES = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  options: 'PGOPTIONS',
} as const;

function parameter({ url, service, env }: Sources, keyword: keyof typeof VARIABLES, own: string | undefined): string | undefined {
  return url[keyword] ?? own ?? service[keyword] ?? (env[VARIABLES[keyword]] || undefined);
}

function tlsOf(config: ConnectionConfig, sources: Sources, problems: Problem[]): Tls {
  const own = config.ssl_client_certificate_enable;
  const named = parameter(sources, 'sslmode', undefined);
  const files = {
    // Where nobody asks for TLS, the name of a file may be the default of another plugin.
    ifThere: !config.ssl_enable && !config.ssl && named === undefined,
    ca: config.ssl_certificate_authority ?? parameter(sources, 'sslrootcert', undefined),
    cert: own ? config.ssl_client_certificate : parameter(sources, 'sslcert', undefined),
    key: own ? config.ssl_client_private_key : parameter(sources, 'sslkey', undefined),
    passphrase: config.ssl_client_private_key_password ?? sources.url['sslpassword'] ?? sources.service['sslpassword'],
  };
  return tlsFor(modeOf(config, named, files.ca, problems), files, sources.env, problems);
}

function modeOf(config: ConnectionConfig, named: string | undefined, ca: string | undefined, problems: Problem[]): TlsMode {
  if (config.ssl_enable) return config.ssl_mode;
  if (config.ssl) return 'require';
  // As libpq: who trusts all authorities of the system wants the name checked.
  if (named === undefined) return ca === 'system' ? 'verify-full' : 'prefer';
  const mode = tlsMode(named);
  if (mode === undefined) problems.push({ path: 'url', message: 'has an sslmode that does not exist' });
  return mode ?? 'prefer';
}

const ATTRS: readonly SessionAttrs[] = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'];

function attrsOf(named: string | undefined, problems: Problem[]): SessionAttrs {
  const found = named === undefined ? 'any' : ATTRS.find((attrs) => attrs === named);
  if (found === undefined) problems.push({ path: 'target_session_attrs', message: `must be one of ${ATTRS.join(', ')}` });
  return found ?? 'any';
}
