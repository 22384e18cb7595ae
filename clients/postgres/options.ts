import { ConfigError, type Log, type Problem } from '../../singer/index.ts';
import { passwordFor, type Login } from './password.ts';
import type { ConnectionConfig } from './settings.ts';
import { tlsFor, tlsMode, type Tls, type TlsMode } from './tls.ts';

/** All that a connection needs to know. Holds no password, only the way to one. */
export interface ConnectOptions extends Login {
  readonly tls: Tls;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly maxRetries: number;
  /** Asked when the server wants one; throws SystemError. */
  password(): Promise<string>;
}

/** Reads the connection settings, with libpq's environment variables behind them. Throws a ConfigError that lists all problems. */
export function connectOptions(
  config: ConnectionConfig,
  log: Pick<Log, 'conceal'>,
  env: NodeJS.ProcessEnv = process.env,
): ConnectOptions {
  const problems: Problem[] = [];
  const url = config.url === undefined ? undefined : parseUrl(config.url, problems);
  const given = (setting: 'host' | 'user' | 'database', variable: string): string => {
    const value = url?.[setting] ?? config[setting] ?? (env[variable] || undefined);
    if (value === undefined && (config.url === undefined || url !== undefined)) {
      problems.push({ path: setting, message: `is needed (or url, or ${variable} in the environment)` });
    }
    return value ?? '';
  };
  const user = given('user', 'PGUSER');
  const login: Login = {
    host: given('host', 'PGHOST'),
    port: url?.port ?? config.port,
    user,
    database: given('database', 'PGDATABASE'),
  };
  if (config.ssh_tunnel?.enable === true) {
    problems.push({
      path: 'ssh_tunnel.enable',
      message: 'is not available: open the tunnel outside, point host and port at it and leave this off',
    });
  }
  const tls = tlsFor(
    modeOf(config, url?.sslmode ?? (env['PGSSLMODE'] || undefined), problems),
    filesOf(config, url, env),
    problems,
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const sources = {
    password: url?.password ?? config.password,
    file: config.password_file,
    env: config.password_env,
    command: config.password_command,
  };
  return {
    ...login,
    tls,
    applicationName: config.application_name,
    connectTimeoutMs: config.connect_timeout * 1000,
    maxRetries: config.max_retries,
    password: async () => {
      const password = await passwordFor(login, sources, env);
      // It may come from a file, a command or the environment, which the log has not seen.
      log.conceal([password]);
      return password;
    },
  };
}

function modeOf(config: ConnectionConfig, named: string | undefined, problems: Problem[]): TlsMode {
  if (config.ssl_enable) return tlsMode(config.ssl_mode) ?? 'verify-full';
  if (config.ssl) return 'require';
  if (named === undefined) return 'prefer';
  const mode = tlsMode(named);
  if (mode === undefined) problems.push({ path: 'url', message: 'has an sslmode that does not exist' });
  return mode ?? 'prefer';
}

function filesOf(
  config: ConnectionConfig,
  url: ParsedUrl | undefined,
  env: NodeJS.ProcessEnv,
): { ca?: string; cert?: string; key?: string } {
  const client = config.ssl_client_certificate_enable;
  const ca = config.ssl_certificate_authority ?? url?.sslrootcert ?? (env['PGSSLROOTCERT'] || undefined);
  const cert = client ? config.ssl_client_certificate : (url?.sslcert ?? (env['PGSSLCERT'] || undefined));
  const key = client ? config.ssl_client_private_key : (url?.sslkey ?? (env['PGSSLKEY'] || undefined));
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

interface ParsedUrl {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly sslmode: string | undefined;
  readonly sslrootcert: string | undefined;
  readonly sslcert: string | undefined;
  readonly sslkey: string | undefined;
}

/** Reads `postgres://`, `postgresql://` and SQLAlchemy's `postgresql+driver://`; parameters as libpq names them. */
function parseUrl(text: string, problems: Problem[]): ParsedUrl | undefined {
  const match = /^postgres(?:ql)?(?:\+[\w.]+)?:\/\/(.*)$/s.exec(text.trim());
  try {
    // `http:` so that the host is parsed the same way everywhere; a socket folder comes as `?host=/run/postgresql`.
    const url = match === null ? undefined : new URL(`http://${withHost(match[1]!)}`);
    if (url !== undefined) {
      const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
      const part = (value: string): string | undefined => (value === '' ? undefined : decodeURIComponent(value));
      const host = url.hostname === EMPTY_HOST ? '' : url.hostname.replace(/^\[(.*)\]$/, '$1');
      const port = url.port === '' ? parameter('port') : url.port;
      return {
        host: part(host) ?? parameter('host'),
        port: port === undefined ? undefined : Number(port),
        user: part(url.username) ?? parameter('user'),
        password: part(url.password) ?? parameter('password'),
        database: part(url.pathname.slice(1)) ?? parameter('dbname'),
        sslmode: parameter('sslmode'),
        sslrootcert: parameter('sslrootcert'),
        sslcert: parameter('sslcert'),
        sslkey: parameter('sslkey'),
      };
    }
  } catch {
    // Falls through: the parser's message would show the password.
  }
  problems.push({ path: 'url', message: 'must look like postgresql://user:password@host:port/database' });
  return undefined;
}

const EMPTY_HOST = 'none.invalid';

/** A URL without a host is fine for Postgres and not for the URL parser. */
function withHost(rest: string): string {
  return rest.replace(/^((?:[^@/?]*@)?)(?=[/?:]|$)/, `$1${EMPTY_HOST}`);
}
