import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** The path of one of the certificates and keys that are there for tests. */
export const certificate = (name: string): string => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
export const pem = (name: string): string => readFileSync(certificate(name), 'utf8');

/** What the server's end of a connection saw. */
export interface Seen {
  encrypted: number;
  plain: number;
  clients: string[];
}

/** A server that speaks TLS to clients that ask for it and passes everything on to a plain Postgres, or refuses the login as pg_hba.conf may. */
export function tlsBefore(url: string, seen: () => Seen, refuses?: 'plain' | 'encrypted'): Server {
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
        if (refuses === 'encrypted') secure.once('data', () => secure.end(REFUSAL));
        else join(secure, upstream(to));
      } else {
        seen().plain++;
        if (refuses === 'plain') {
          socket.end(REFUSAL);
          return;
        }
        const server = upstream(to);
        server.write(first);
        join(socket, server);
      }
    });
  });
}

/** An ErrorResponse. */
const REFUSAL = ((): Buffer => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
})();

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
