import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens when the client sends a text for the n-th time: the connection dies before the server gets it, or after it has answered. */
export type Cut = 'before' | 'after';

export interface Proxy {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  /** Cuts once, at the next message that contains `text`. */
  cutAt(text: string, cut: Cut): void;
  /** How often a connection was cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** A TCP proxy before Postgres that lets a connection die at a chosen moment. */
export async function startProxy(url: string): Promise<Proxy> {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  let waiting: { text: string; cut: Cut } | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
        sockets.delete(socket);
      });
    }
    let deaf = false;
    client.on('data', (bytes) => {
      if (waiting !== undefined && bytes.includes(waiting.text)) {
        const { cut } = waiting;
        waiting = undefined;
        cuts++;
        if (cut === 'before') {
          client.destroy();
          return;
        }
        deaf = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      // The server has answered: what it was told is done, and the client will never know.
      if (deaf) client.destroy();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxied = new URL(url);
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    cutAt(text, cut) {
      waiting = { text, cut };
    },
    get cuts() {
      return cuts;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
