import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres options-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

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

  it.each([
    ['postgresql://u@a,b:5433/d', ['a:5432', 'b:5433']],
    ['postgresql://u@a:1,b:2,[::1]:3/d?target_session_attrs=standby', ['a:1', 'b:2', '::1:3']],
    ['postgresql://u@/d?host=a,b&port=6000', ['a:6000', 'b:6000']],
    ['postgresql://u@/d?host=a&host=b', ['a:5432', 'b:5432']],
    ['postgresql://u:p#1@h/d', ['h:5432']],
  ])('read the hosts of %s', (url, hosts) => {
    const read = options({ url });
    expect(read.hosts.map(({ host, port }) => `${host}:${port}`)).toEqual(hosts);
    expect(read.sessionAttrs).toBe(url.includes('standby') ? 'standby' : 'any');
  });

  it('read several hosts, with a port for each or one for all', () => {
    const hosts = (given: Record<string, unknown>, env?: NodeJS.ProcessEnv): unknown =>
      options({ user: 'u', database: 'd', ...given }, env).hosts.map(({ host, port }) => `${host}:${port}`);
    expect(hosts({ host: 'a, b', port: 1 })).toEqual(['a:1', 'b:1']);
    expect(hosts({ host: 'a,b', port: '1,2' })).toEqual(['a:1', 'b:2']);
    expect(hosts({ host: 'a,b', port: '1,' })).toEqual(['a:1', 'b:5432']);
    expect(hosts({}, { PGHOST: 'a,b', PGPORT: '7,8' })).toEqual(['a:7', 'b:8']);
    expect(problemsOf({ host: 'a,b,c', user: 'u', database: 'd', port: '1,2' })).toEqual(['port']);
    expect(problemsOf({ host: 'a', user: 'u', database: 'd', port: 'many' })).toEqual(['port']);
  });

  it('take from a service what they do not say, before the environment', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'services');
      await writeFile(
        file,
        '# ours\n[other]\nhost=wrong\n\n[mine]\nhost = s\nport=6001\ndbname=sd\nuser=su\npassword=sp\nsslmode=disable\n[more]\nhost=no\n',
      );
      const env = { PGSERVICEFILE: file, PGHOST: 'e', PGUSER: 'e', PGDATABASE: 'e', PGPASSWORD: 'e' };
      const wanted = { host: 's', port: 6001, user: 'u', database: 'sd' };
      expect(login({ service: 'mine', user: 'u' }, env)).toEqual(wanted);
      expect(login({ user: 'u' }, { ...env, PGSERVICE: 'mine' })).toEqual(wanted);
      expect(login({ url: 'postgresql://u@?service=mine' }, env)).toEqual(wanted);
      expect(await options({ service: 'mine' }, env).password()).toBe('sp');
      expect(options({ service: 'mine' }, env).tls.mode).toBe('disable');
      expect(await options({ service: 'mine', password: 'p' }, env).password()).toBe('p');
      expect(() => options({ service: 'none' }, env)).toThrow(/^service: names "none", which is not in .*services/);
    });
  });

  it('look for a service in the folder of the system, too', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'pg_service.conf'), '[mine]\nhost=s\n');
      expect(options({ service: 'mine', user: 'u', database: 'd' }, { HOME: folder, PGSYSCONFDIR: folder }).host).toBe('s');
    });
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
    [{ ssl_enable: true, ssl_mode: 'allow' }, 'allow', false],
    [{ ssl_enable: true, ssl_mode: 'prefer' }, 'prefer', false],
    [{ url: 'postgresql://u@h/d?sslmode=verify-full' }, 'verify-full', true],
    [{ url: 'postgresql://u@h/d?sslmode=no-verify' }, 'require', false],
  ])('choose TLS for %j: %s', (given, mode, verified) => {
    const { tls } = options({ ...server, ...given });
    expect(tls.mode).toBe(mode);
    expect(tls.options?.rejectUnauthorized).toBe(verified);
    // The name on the certificate is checked by Node's own rule unless only the authority counts.
    expect(tls.options?.checkServerIdentity !== undefined).toBe(mode === 'verify-ca');
  });

  it.each(['allow', 'prefer', 'require', 'verify-ca'])(
    'check an authority that is given with %s, too, but no name',
    (ssl_mode) => {
      const ca = '-----BEGIN CERTIFICATE-----';
      const { tls } = options({ ...server, ssl_enable: true, ssl_mode, ssl_certificate_authority: ca });
      expect(tls.options).toMatchObject({ ca, rejectUnauthorized: true });
      expect(tls.options?.checkServerIdentity).toBeDefined();
    },
  );

  it('mind no file that is not there where nobody asks for TLS: the config of another plugin holds the names of its defaults', async () => {
    const others = {
      ssl_certificate_authority: '~/.postgresql/root.crl',
      ssl_client_certificate: '~/.postgresql/postgresql.crt',
    };
    await withFolder(async (home) => {
      const { tls } = options({ ...server, ...others }, { HOME: home });
      expect([tls.mode, tls.options?.rejectUnauthorized]).toEqual(['prefer', false]);
      await mkdir(join(home, '.postgresql'));
      await writeFile(join(home, '.postgresql/root.crl'), 'authority');
      expect(options({ ...server, ...others }, { HOME: home }).tls.options).toMatchObject({ ca: 'authority' });
    });
    expect(problemsOf({ ...server, ...others, ssl_enable: true })).toEqual(['ssl_certificate_authority']);
    expect(problemsOf({ ...others, url: 'postgresql://u@h/d?sslmode=prefer' })).toEqual(['ssl_certificate_authority']);
  });

  it('trust all that Node.js trusts with the authority system, and then the name must be right', () => {
    const { tls } = options({ ...server, url: 'postgresql://u@h/d?sslrootcert=system' });
    expect(tls).toMatchObject({ mode: 'verify-full', options: { rejectUnauthorized: true } });
    expect(tls.options?.ca).toBeUndefined();
    expect(problemsOf({ url: 'postgresql://u@h/d?sslrootcert=system&sslmode=require' })).toEqual(['ssl_certificate_authority']);
  });

  it('find certificates where libpq does', async () => {
    await withFolder(async (home) => {
      const folder = join(home, '.postgresql');
      await mkdir(folder);
      await writeFile(join(folder, 'root.crt'), 'authority');
      await writeFile(join(folder, 'postgresql.crt'), 'certificate');
      await writeFile(join(folder, 'postgresql.key'), 'key');
      expect(
        options({ ...server, url: 'postgresql://u@h/d?sslmode=require&sslpassword=open' }, { HOME: home }).tls.options,
      ).toMatchObject({
        ca: 'authority',
        cert: 'certificate',
        key: 'key',
        passphrase: 'open',
        rejectUnauthorized: true,
      });
      expect(options({ ...server, url: 'postgresql://u@h/d?sslmode=disable' }, { HOME: home }).tls.options).toBeUndefined();
    });
  });

  it('refuse an sslmode that does not exist', () => {
    expect(problemsOf({ url: 'postgresql://u@h/d?sslmode=verify_full' })).toEqual(['url']);
  });
});
