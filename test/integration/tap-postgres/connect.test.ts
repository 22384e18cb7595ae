import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../../clients/postgres/connect.ts';
import { connectOptions } from '../../../clients/postgres/options.ts';
import { connectionSettings, type ConnectionConfig } from '../../../clients/postgres/settings.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { certificate, type Seen, tlsBefore } from '../../support/tls-server.ts';

/** The settings of a connection to this database; those given win. */
function options(url: string, given: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): ReturnType<typeof connectOptions> {
  const { hostname, port, username, pathname } = new URL(url);
  const base = { host: hostname, port: Number(port), user: username, database: pathname.slice(1) };
  const { config, problems } = checkConfig(connectionSettings, { ...base, ...given });
  expect(problems).toEqual([]);
  return connectOptions(config as unknown as ConnectionConfig, { conceal: () => undefined }, env);
}

describeWithPostgres('a connection with sslmode', (url) => {
  const servers: Server[] = [];
  let seen: Seen;
  beforeEach(() => {
    seen = { encrypted: 0, plain: 0, clients: [] };
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.close();
      await once(server, 'close');
    }
  });
  const through = async (ssl_mode: string, refuses?: 'plain' | 'encrypted', more: object = {}): Promise<Seen> => {
    const server = tlsBefore(url(), () => seen, refuses);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const session = await connect(options(url(), { host: 'localhost', port, ssl_enable: true, ssl_mode, ...more }));
    await session.close();
    return seen;
  };

  test.each([
    ['allow', undefined, { plain: 1, encrypted: 0 }],
    ['allow', 'plain', { plain: 1, encrypted: 1 }],
    ['prefer', undefined, { plain: 0, encrypted: 1 }],
    ['prefer', 'encrypted', { plain: 1, encrypted: 1 }],
    ['require', undefined, { plain: 0, encrypted: 1 }],
  ] as const)('%s, where %s connections are refused, does as libpq', async (mode, refuses, wanted) => {
    expect(await through(mode, refuses)).toMatchObject(wanted);
  });

  test.each([
    ['require', 'encrypted', { plain: 0, encrypted: 1 }],
    ['disable', 'plain', { plain: 1, encrypted: 0 }],
  ] as const)('%s, where %s connections are refused, tries no other way', async (mode, refuses, wanted) => {
    await expect(through(mode, refuses)).rejects.toMatchObject({ code: '28000' });
    expect(seen).toMatchObject(wanted);
  });

  test('an authority that is given counts with require, too, and leads prefer to a connection without TLS', async () => {
    const strange = { ssl_certificate_authority: certificate('client.pem') };
    await expect(through('require', undefined, strange)).rejects.toThrow(/certificate|issuer/i);
    expect(await through('prefer', undefined, strange)).toMatchObject({ plain: 1 });
    seen.encrypted = 0;
    expect(await through('require', undefined, { ssl_certificate_authority: certificate('ca.pem') })).toMatchObject({
      encrypted: 1,
    });
  });
});

describeWithPostgres('a connection with several hosts', (url) => {
  /** A port that nobody listens on. */
  const deaf = async (): Promise<number> => {
    const server = tlsBefore(url(), () => ({ encrypted: 0, plain: 0, clients: [] }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  };
  const hosts = async (more: object = {}): Promise<ReturnType<typeof connectOptions>> =>
    options(url(), { host: '127.0.0.1,127.0.0.1', port: `${await deaf()},${new URL(url()).port}`, ...more });

  test('takes the first that can be reached', async () => {
    const session = await connect(await hosts());
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.close();
  });

  test.each(['read-write', 'primary', 'prefer-standby', 'any'])('takes a primary for %s', async (target_session_attrs) => {
    const session = await connect(await hosts({ target_session_attrs }));
    await session.close();
    expect(session.version).toBeGreaterThan(0);
  });

  test.each(['standby', 'read-only'])('says that there is none for %s', async (target_session_attrs) => {
    const only = options(url(), { target_session_attrs });
    await expect(connect(only)).rejects.toMatchObject({ code: 'no-suitable-server' });
  });

  test('does not go on where the login is refused', async () => {
    const wrong = options(url(), {
      host: '127.0.0.1,127.0.0.1',
      port: `${new URL(url()).port},${await deaf()}`,
      database: 'no_such',
    });
    await expect(connect(wrong)).rejects.toMatchObject({ code: '3D000' });
  });

  test('fails as the last host does when none can be reached', async () => {
    const port = await deaf();
    await expect(connect(options(url(), { host: '127.0.0.1,127.0.0.1', port }))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
