import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A pooler in transaction mode, as strict as one can be: each transaction of a client goes to another of its connections to the server than the one before,
 * so that nothing that is set outside of a transaction lasts. Takes no passwords and no TLS. Gives its URL; ends with the test.
 */
export async function startTransactionPooler(
  url: string,
): Promise<{ readonly url: string; readonly transactions: () => number }> {
  const { port, hostname } = new URL(url);
  let transactions = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Either end may vanish; the other one is told by the end of its stream.
    return socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    const backends: Backend[] = [];
    let turn = 0;
    let current: Backend | undefined;
    let waiting = 0;
    const fromClient = messages(false, (type, bytes) => {
      if (type === undefined) void begin(bytes);
      else if (type === 'X') client.end();
      else {
        if (type === 'Q' || type === 'S') waiting++;
        current ??= backends[turn++ % backends.length]!;
        current.socket.write(bytes);
      }
    });
    const begin = async (startup: Buffer): Promise<void> => {
      if (startup.readUInt32BE(4) === SSL_REQUEST) {
        client.write('N');
        return;
      }
      client.pause();
      for (let i = 0; i < BACKENDS; i++) {
        const backend: Backend = { socket: keep(connect(Number(port), hostname)), ready: undefined };
        const greeting = await greet(backend, startup, (type, bytes) => {
          client.write(bytes);
          if (type !== 'Z' || --waiting > 0 || bytes[5] !== IDLE) return;
          transactions++;
          current = undefined;
        });
        backends.push(backend);
        if (i === 0) client.write(greeting);
      }
      client.resume();
    };
    client.on('data', fromClient);
    client.on('close', () => backends.forEach(({ socket }) => socket.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const place = new URL(url);
  place.port = String((server.address() as AddressInfo).port);
  return { url: place.href, transactions: () => transactions };
}

const BACKENDS = 3;
const SSL_REQUEST = 80877103;
const IDLE = 'I'.charCodeAt(0);

interface Backend {
  readonly socket: Socket;
  /** Once it has greeted: where its messages go. */
  ready: Take | undefined;
}

type Take = (type: string | undefined, bytes: Buffer) => void;

/** Logs in; gives what the server says to that. */
function greet(backend: Backend, startup: Buffer, take: Take): Promise<Buffer> {
  const said: Buffer[] = [];
  return new Promise((resolve) => {
    backend.socket.on(
      'data',
      messages(true, (type, bytes) => {
        if (backend.ready !== undefined) return backend.ready(type, bytes);
        said.push(bytes);
        if (type !== 'Z') return;
        backend.ready = take;
        resolve(Buffer.concat(said));
      }),
    );
    backend.socket.write(startup);
  });
}

/** Cuts what comes into messages; one without a type (a startup) comes first from clients. */
function messages(isTyped: boolean, take: Take): (chunk: Buffer) => void {
  let typed = isTyped;
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = typed ? 1 : 0;
      if (rest.length < head + 4) return;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) return;
      const bytes = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (typed) take(String.fromCharCode(bytes[0]!), bytes);
      else {
        typed = bytes.readUInt32BE(4) !== SSL_REQUEST;
        take(undefined, bytes);
      }
    }
  };
}
