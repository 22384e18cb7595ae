import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { httpTransport, type Reply } from '../../../../taps/github/api/transport.ts';

const BODY = '[{"id":1,"name":"ü"},{"id":2,"name":"two"}]';
const { signal } = new AbortController();

/** A server that answers each request with the next of these, then ends the connection. */
async function serve(answers: readonly Buffer[]): Promise<string> {
  let at = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answers[at++]!));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function ask(url: string, mostBytes?: number): Promise<Reply> {
  return httpTransport(10, mostBytes)({ method: 'GET', url, headers: {} }, signal);
}

const head = (...lines: readonly string[]): Buffer => Buffer.from(['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n'));
const packed = gzipSync(BODY);
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

test.each([
  ['with a length', Buffer.concat([head(`content-length: ${Buffer.byteLength(BODY)}`), Buffer.from(BODY)])],
  ['packed', Buffer.concat([head(`content-length: ${packed.length}`, 'content-encoding: gzip'), packed])],
  [
    'in chunks, packed',
    Buffer.concat([
      head('transfer-encoding: chunked', 'content-encoding: gzip'),
      chunk(packed.subarray(0, 20)),
      chunk(packed.subarray(20)),
      Buffer.from('0\r\n\r\n'),
    ]),
  ],
  ['packed, to the end of the connection', Buffer.concat([head('connection: close', 'content-encoding: gzip'), packed])],
])('an answer %s is refused wherever it is cut, and read when it is whole', async (_, whole) => {
  const cuts = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
  const url = await serve([...cuts, whole]);
  // What ends before the first byte of its body is empty, which is no JSON: that is seen by who parses it.
  for (const cut of cuts) {
    const read = await ask(url).then(
      ({ text }) => text,
      () => '',
    );
    expect(read, `${cut.length} of ${whole.length} bytes`).toBe('');
  }
  expect((await ask(url)).text).toBe(BODY);
});

test('an answer that is longer than allowed is refused, packed or not, however small it was', async () => {
  const zeros = Buffer.alloc(1_000_000, ' ');
  const small = gzipSync(zeros);
  const url = await serve([
    Buffer.concat([head(`content-length: ${zeros.length}`), zeros]),
    Buffer.concat([head(`content-length: ${small.length}`, 'content-encoding: gzip'), small]),
    Buffer.concat([head(`content-length: ${small.length}`, 'content-encoding: gzip'), small]),
  ]);
  for (let time = 0; time < 2; time++) await expect(ask(url, 999_999)).rejects.toMatchObject({ code: 'TOO_LONG' });
  expect((await ask(url, 1_000_000)).text).toHaveLength(1_000_000);
});
