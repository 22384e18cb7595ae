import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** What the server wants to see before it cancels what a connection is doing. */
export interface CancelKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** Where the connection in question goes to. */
export interface CancelAddress {
  /** A folder means its Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls: ConnectionOptions | undefined;
}

/** Codes that stand in place of a protocol version (Message Formats in the manual). */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const YES = 0x53;

/**
 * Asks the server to cancel what the connection with this key is doing. Resolves when the server has taken the request, or when it is
 * plain that it will not (no answer within `withinMs`, no connection): there is no other word on it than how the statement ends.
 */
export async function requestCancel(address: CancelAddress, key: CancelKey, withinMs: number): Promise<void> {
  const { host, port, tls } = address;
  const socket = connectSocket(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  const timer = setTimeout(() => socket.destroy(), withinMs);
  // The server closes the connection once it has passed the request on. An error is followed by a close.
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  if (tls === undefined) socket.write(cancelRequest(key));
  else throughTls(socket, host, tls, key);
  socket.resume();
  await closed;
  clearTimeout(timer);
}

function throughTls(socket: Socket, host: string, options: ConnectionOptions, key: CancelKey): void {
  socket.write(message(SSL_REQUEST));
  socket.once('data', (answer) => {
    if (answer[0] !== YES) {
      socket.destroy();
      return;
    }
    const secure = connectTls({ host, socket, ...options });
    secure.on('error', () => socket.destroy());
    secure.once('close', () => socket.destroy());
    secure.resume().write(cancelRequest(key));
  });
}

function cancelRequest({ processID, secretKey }: CancelKey): Buffer {
  return message(CANCEL_REQUEST, processID, secretKey);
}

/** A message of its length and some numbers. */
function message(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  bytes.writeInt32BE(bytes.length);
  numbers.forEach((number, i) => bytes.writeInt32BE(number, 4 + 4 * i));
  return bytes;
}
