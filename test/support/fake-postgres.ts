import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Something that speaks as much of Postgres' protocol as a login needs, and answers every query with one number: its version
 * (`server_version_num`), or refuses the login with an SQLSTATE. Gives its URL; it is gone when the test ends.
 */
export async function startFakePostgres(answers: { readonly version: number } | { readonly refusal: string }): Promise<string> {
  const server = createServer((socket) => {
    let isNew = true;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      // The request for TLS has this code in place of a protocol version.
      if (isNew && bytes.length === 8 && bytes.readInt32BE(4) === 80877103) socket.write('N');
      else if (isNew) {
        isNew = false;
        if ('refusal' in answers) {
          socket.end(message('E', Buffer.from(`SFATAL\0VFATAL\0C${answers.refusal}\0Mno\0\0`)));
          return;
        }
        socket.write(Buffer.concat([message('R', int32(0)), message('K', int32(1), int32(1)), READY]));
      } else if (bytes[0] === QUERY) socket.write(answer(String('version' in answers ? answers.version : 0)));
      else socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `postgresql://me@127.0.0.1:${(server.address() as AddressInfo).port}/db`;
}

const QUERY = 'Q'.charCodeAt(0);
const READY = message('Z', Buffer.from('I'));

/** One row with one integer. */
function answer(text: string): Buffer {
  const column = Buffer.concat([Buffer.from('version\0'), int32(0), int16(0), int32(23), int16(4), int32(-1), int16(0)]);
  const cell = Buffer.from(text);
  return Buffer.concat([
    message('T', int16(1), column),
    message('D', int16(1), int32(cell.length), cell),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ]);
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
