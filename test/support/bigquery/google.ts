import { once } from 'node:events';
import { createServer as createPlain, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { certificate, pem } from '../tls-server.ts';

/** A request that has come to one of Google's hosts. */
export interface Come {
  readonly host: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers in place of a host; undefined: 404. */
export type Host = (come: Come) => { readonly status: number; readonly body: object } | undefined;

export interface Google {
  /** What makes a process take this for Google: a proxy, and the authority that has signed its certificate. */
  readonly env: Readonly<Record<string, string>>;
  /** All that has come, in order. */
  readonly come: readonly Come[];
}

/**
 * Google's hosts in place of the real ones, behind a proxy as companies have it: BigQuery's API is a double at `url`, the others answer as
 * the test says. It ends with the test.
 */
export async function startGoogle(url: string, hosts: Readonly<Record<string, Host>>): Promise<Google> {
  const come: Come[] = [];
  const secure = createSecure({ key: pem('google.key'), cert: pem('google.pem') }, (request, response) => {
    void (request.headers.host === API ? forward(url, request, response, come) : answer(hosts, request, response, come));
  });
  const proxy = createPlain();
  proxy.on('connect', (_: IncomingMessage, client) => {
    const upstream = connect((secure.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  for (const server of [secure, proxy]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  }
  const env = {
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    NODE_EXTRA_CA_CERTS: certificate('google-ca.pem'),
  };
  return { env, come };
}

const API = 'bigquery.googleapis.com';

async function answer(
  hosts: Parameters<typeof startGoogle>[1],
  request: IncomingMessage,
  response: ServerResponse,
  come: Come[],
): Promise<void> {
  const { headers, url: path = '' } = request;
  const host = headers.host ?? '';
  const asked = { host, path, headers, body: (await read(request)).toString() };
  come.push(asked);
  const { body, status } = hosts[host]?.(asked) ?? { status: 404, body: {} };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function forward(url: string, request: IncomingMessage, response: ServerResponse, come: Come[]): Promise<void> {
  const { headers, method, url: path = '' } = request;
  const body = await read(request);
  come.push({ host: API, path, headers, body: '' });
  const { host: _, ...rest } = headers;
  const onward = ask(new URL(path, url), { method, headers: rest });
  onward.end(body);
  const [back] = (await once(onward, 'response')) as [IncomingMessage];
  const { location } = back.headers;
  response.writeHead(back.statusCode!, {
    'content-type': 'application/json',
    ...(location === undefined ? {} : { location: location.replace(url, `https://${API}`) }),
  });
  response.end(await read(back));
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
