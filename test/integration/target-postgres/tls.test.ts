import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { certificate as file, pem, type Seen, tlsBefore } from '../../support/tls-server.ts';
import { Drive } from './drive.ts';

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
