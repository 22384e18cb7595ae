import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectOptions, type ConnectOptions } from '../../../../clients/postgres/options.ts';
import { connectionSettings, type ConnectionConfig } from '../../../../clients/postgres/settings.ts';
import { checkConfig } from '../../../../singer/shell/config.ts';
import { ConfigError } from '../../../../singer/index.ts';

const concealed: string[] = [];
const options = (given: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): ConnectOptions => {
  const { config, problems } = checkConfig(connectionSettings, given);
  if (problems.length > 0) throw new ConfigError(problems);
  return connectOptions(config as ConnectionConfig, { conceal: (secrets) => void concealed.push(...secrets) }, env);
};
const login = (given: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): unknown => {
  const { host, port, user, database } = options(given, env);
  return { host, port, user, database };
};
const problemsOf = (given: Record<string, unknown>): unknown => {
  try {
    options(given);
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ path }) => path);
  }
};

describe('connection settings', () => {
  it('take the plain ones, and the names of other plugins', () => {
    const wanted = { host: 'h', port: 5433, user: 'u', database: 'd' };
    expect(login(wanted)).toEqual(wanted);
    expect(login({ postgres_host: 'h', postgres_port: 5433, postgres_username: 'u', dbname: 'd' })).toEqual(wanted);
  });

  it('list everything that is missing at once', () => {
    expect(problemsOf({})).toEqual(['user', 'host', 'database']);
    expect(problemsOf({ host: 'h', ssh_tunnel: { enable: true } })).toEqual(['user', 'database', 'ssh_tunnel.enable']);
  });

  it('fall back to the variables of libpq', () => {
    expect(login({}, { PGHOST: 'h', PGUSER: 'u', PGDATABASE: 'd' })).toEqual({ host: 'h', port: 5432, user: 'u', database: 'd' });
    expect(options({ host: 'h', user: 'u', database: 'd' }, { PGSSLMODE: 'disable' }).tls.mode).toBe('disable');
  });

  it.each([
    ['postgresql://u:p%40ss@h:5433/d', { host: 'h', port: 5433, user: 'u', database: 'd' }],
    ['postgresql+psycopg://u@h/d', { host: 'h', port: 5432, user: 'u', database: 'd' }],
    ['postgres://u@[::1]:6000/d%2Fx', { host: '::1', port: 6000, user: 'u', database: 'd/x' }],
    ['postgresql:///d?host=/run/postgresql&user=u', { host: '/run/postgresql', port: 5432, user: 'u', database: 'd' }],
    ['postgresql://u@/d?host=h', { host: 'h', port: 5432, user: 'u', database: 'd' }],
  ])('read %s', async (url, wanted) => {
    expect(login({ url })).toEqual(wanted);
    expect(login({ sqlalchemy_url: url, host: 'other', database: 'other' })).toEqual(wanted);
  });

  it('take the password from the URL, decoded', async () => {
    expect(await options({ url: 'postgresql://u:p%40%3A%25@h/d' }).password()).toBe('p@:%');
  });

  it('have a password masked that does not stand in them', async () => {
    await options({ host: 'h', user: 'u', database: 'd', password_env: 'SECRET' }, { SECRET: 'from outside' }).password();
    expect(concealed).toContain('from outside');
  });

  it.each(['mysql://h/d', 'h:5432/d', 'postgresql://u:p%zz@h/d', 'postgresql://u@h:99999/d'])(
    'refuse the URL %s without showing it',
    (url) => {
      expect(problemsOf({ url })).toEqual(['url']);
      expect(() => options({ url })).toThrow(/^url: must look like/);
    },
  );

  it('never throw anything but a ConfigError, whatever the URL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('postgresql://', 'postgres://', ''), (rest, scheme) => {
        try {
          options({ url: scheme + rest, user: 'u', host: 'h', database: 'd' });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });

  const server = { host: 'h', user: 'u', database: 'd' };

  it.each([
    [{}, 'prefer', false],
    [{ ssl: true }, 'require', false],
    [{ ssl_enable: true }, 'verify-full', true],
    [{ ssl_enable: true, ssl_mode: 'verify-ca' }, 'verify-ca', true],
    [{ ssl_enable: true, ssl_mode: 'require' }, 'require', false],
    [{ ssl_enable: true, ssl_mode: 'allow' }, 'prefer', false],
    [{ url: 'postgresql://u@h/d?sslmode=verify-full' }, 'verify-full', true],
    [{ url: 'postgresql://u@h/d?sslmode=no-verify' }, 'require', false],
  ])('choose TLS for %j: %s', (given, mode, verified) => {
    const { tls } = options({ ...server, ...given });
    expect(tls.mode).toBe(mode);
    expect(tls.options?.rejectUnauthorized).toBe(verified);
    // The name on the certificate is checked by Node's own rule unless only the authority counts.
    expect(tls.options?.checkServerIdentity !== undefined).toBe(mode === 'verify-ca');
  });

  it('refuse an sslmode that does not exist', () => {
    expect(problemsOf({ url: 'postgresql://u@h/d?sslmode=verify_full' })).toEqual(['url']);
  });
});
