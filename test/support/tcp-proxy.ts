import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a connection through the proxy suffers. */
export type Fault =
  /** It dies before the server gets what the client has sent. */
  | 'cut before'
  /** It dies when the server has answered: what it was told is done, and the client never knows. */
  | 'cut after'
  /** Nothing passes any more, in neither direction; the connection stays. */
  | 'stall'
  /** The server's side ends towards the client; what the client sends still gets there. */
  | 'half-close';

/** The moment: the client sends this text, or so many bytes of one connection have come from it. */
export type Moment = { readonly text: string } | { readonly bytes: number };

export interface TcpProxy {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  /** Arms one fault for the next connection that comes to the moment. */
  arm(moment: Moment, fault: Fault): void;
  /** How many faults have struck. */
  readonly struck: number;
  /** How often clients have sent something that they wait for an answer to. */
  readonly trips: number;
  /** From here on, new connections get no answer either (`true`), or get through again. */
  silence(isSilent: boolean): void;
  close(): Promise<void>;
}

/** Postgres's Terminate, alone: nobody waits for what follows it. */
function isGoodbye(bytes: Buffer): boolean {
  return bytes.length === 5 && bytes[0] === 0x58;
}

/** A TCP proxy before a server that lets a connection suffer at a chosen moment. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  let armed: { readonly moment: Moment; readonly fault: Fault } | undefined;
  let struck = 0;
  let trips = 0;
  let silent = false;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client, sockets);
    if (silent) return;
    const upstream = connect({ port: Number(to.port), host: to.hostname, allowHalfOpen: true });
    track(upstream, sockets);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('end', () => upstream.end());
    let suffers: Fault | undefined;
    let sent = 0;
    client.on('data', (bytes) => {
      sent += bytes.length;
      if (!isGoodbye(bytes)) trips++;
      if (suffers === undefined && armed !== undefined && isNow(armed.moment, bytes, sent)) {
        suffers = armed.fault;
        armed = undefined;
        struck++;
        if (suffers === 'cut before') client.destroy();
        if (suffers === 'half-close') client.end();
      }
      if (suffers !== 'cut before' && suffers !== 'stall') upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (suffers === 'cut after') client.destroy();
      else if (suffers === undefined) client.write(bytes);
    });
    upstream.on('end', () => {
      if (suffers !== 'stall') client.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    arm(moment, fault) {
      armed = { moment, fault };
    },
    get struck() {
      return struck;
    },
    get trips() {
      return trips;
    },
    silence(isSilent) {
      silent = isSilent;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function isNow(moment: Moment, bytes: Buffer, sent: number): boolean {
  return 'text' in moment ? bytes.includes(moment.text) : sent >= moment.bytes;
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  // A fault on one side is the other side's news, not an accident here.
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
}
