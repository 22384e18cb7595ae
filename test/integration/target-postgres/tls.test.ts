import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { Drive } from './drive.ts';

const file = (name: string): string => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
const pem = (name: string): string => readFileSync(file(name), 'utf8');

/** What the server's end of a connection saw. */
interface Seen {
  encrypted: number;
  plain: number;
  clients: string[];
}

describeWithPostgres('target-postgres and TLS', (url) => {
  let server: Server;
  let seen: Seen;
  beforeAll(async () => {
    server = tlsBefore(url(), () => seen);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await once(server, 'close');
  });

  const open = async (config: Record<string, Json>, to: { host?: string; query?: string } = {}): Promise<Seen> => {
    seen = { encrypted: 0, plain: 0, clients: [] };
    const at = new URL(url());
    at.hostname = to.host ?? 'localhost';
    at.port = String((server.address() as AddressInfo).port);
    at.search = to.query ?? '';
    const drive = await Drive.open(at.href, { max_retries: 0, ...config });
    await drive.close();
    return seen;
  };

  const verify = { ssl_enable: true, ssl_certificate_authority: file('ca.pem') };

  test('is used when the server offers it, though nothing was asked for', async () => {
    expect(await open({})).toMatchObject({ encrypted: 1, plain: 0 });
  });

  test('is done without when the server has none, though it would be used', async () => {
    const drive = await Drive.open(url(), {});
    await drive.close();
    await expect(Drive.open(url(), { ssl: true, max_retries: 0 })).rejects.toMatchObject({ code: 'tls' });
  });

  test('is not used when forbidden', async () => {
    expect(await open({}, { query: '?sslmode=disable' })).toMatchObject({ encrypted: 0, plain: 1 });
    expect(await open({ ssl_enable: true, ssl_mode: 'disable' })).toMatchObject({ encrypted: 0, plain: 1 });
  });

  test('verifies authority and name by default, with PEM text as with a path', async () => {
    expect(await open(verify)).toMatchObject({ encrypted: 1 });
    expect(await open({ ...verify, ssl_certificate_authority: pem('ca.pem') })).toMatchObject({ encrypted: 1 });
    expect(await open({ ...verify, ssl_certificate_authority: pem('ca.pem').replaceAll('\n', String.raw`\n`) })).toMatchObject({
      encrypted: 1,
    });
  });

  test('refuses an authority it does not know', async () => {
    await expect(open({ ssl_enable: true })).rejects.toMatchObject({ code: 'tls' });
    await expect(open({}, { query: '?sslmode=verify-ca' })).rejects.toMatchObject({ code: 'tls' });
  });

  test('refuses another name, except where only the authority is to be verified', async () => {
    await expect(open(verify, { host: '127.0.0.1' })).rejects.toMatchObject({ code: 'tls' });
    expect(await open({ ...verify, ssl_mode: 'verify-ca' }, { host: '127.0.0.1' })).toMatchObject({ encrypted: 1 });
    expect(await open({ ...verify, ssl_mode: 'require' }, { host: '127.0.0.1' })).toMatchObject({ encrypted: 1 });
  });

  test('shows a client certificate', async () => {
    const client = {
      ssl_client_certificate_enable: true,
      ssl_client_certificate: file('client.pem'),
      ssl_client_private_key: pem('client.key'),
    };
    expect(await open({ ...verify, ...client })).toMatchObject({ encrypted: 1, clients: ['loader'] });
  });

  test('names the setting whose file cannot be read, before connecting', async () => {
    await expect(open({ ssl_enable: true, ssl_certificate_authority: '/nowhere/ca.pem' })).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ path: 'ssl_certificate_authority', message: expect.stringContaining('ENOENT') }],
    });
  });
});

/** A server that speaks TLS to clients that ask for it and passes everything on to a plain Postgres. */
function tlsBefore(url: string, seen: () => Seen): Server {
  const to = new URL(url);
  return createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      // The request for TLS has this code in place of a protocol version.
      if (first.length === 8 && first.readInt32BE(4) === 80877103) {
        socket.write('S');
        const secure = new TLSSocket(socket, {
          isServer: true,
          key: pem('server.key'),
          cert: pem('server.pem'),
          ca: pem('ca.pem'),
          requestCert: true,
          rejectUnauthorized: false,
        });
        secure.on('error', () => socket.destroy());
        secure.once('secure', () => {
          seen().encrypted++;
          const name: unknown = secure.getPeerCertificate().subject?.CN;
          if (typeof name === 'string') seen().clients.push(name);
        });
        join(secure, upstream(to));
      } else {
        seen().plain++;
        const server = upstream(to);
        server.write(first);
        join(socket, server);
      }
    });
  });
}

function upstream(to: URL): Socket {
  return connect(Number(to.port), to.hostname);
}

function join(a: Socket, b: Socket): void {
  a.pipe(b).pipe(a);
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}
