import http from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** No answer of GitHub is near this size; what unpacks to more is not one. */
export const MOST_BYTES = 256 * 1024 * 1024;

/** `code` of what `httpTransport` rejects an answer with that is longer. */
export const TOO_LONG = 'TOO_LONG';

/** One HTTP request. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Looks a header up by its name in lower case. */
export interface HeaderLookup {
  get(name: string): string | null;
}

/** What came back, whatever the status. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderLookup;
  readonly text: string;
}

/** Sends a request and reads the whole answer; follows no redirect. Rejects if the answer does not come or is cut. */
export type Transport = (outgoing: Outgoing, signal: AbortSignal) => Promise<Reply>;

/**
 * HTTP as Node has it, with connections that are used again, no longer than `timeoutSeconds` for the whole exchange. Node's fetch is not used:
 * it takes 20 MB more, and gives an archive that was cut for a whole one.
 */
export function httpTransport(timeoutSeconds: number, mostBytes = MOST_BYTES): Transport {
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({ keepAlive: true });
  return async ({ url, method, headers }, signal) => {
    const limit = new AbortController();
    const stop = (): void => limit.abort(signal.reason);
    const timer = setTimeout(() => limit.abort(timeout(timeoutSeconds)), timeoutSeconds * 1000);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const options = { method, headers: { ...headers, 'accept-encoding': 'gzip' }, signal: limit.signal };
      const request = url.startsWith('https:')
        ? https.request(url, { ...options, agent: secure })
        : http.request(url, { ...options, agent: plain });
      const response = await responseTo(request);
      const text = await textOf(response, mostBytes);
      const found = response.headers;
      return {
        status: response.statusCode ?? 0,
        headers: { get: (name) => found[name]?.toString() ?? null },
        text,
      };
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
}

function responseTo(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end();
  });
}

/** Rejects if the connection ended before the answer did. */
async function textOf(response: http.IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > mostBytes) throw tooLong();
  }
  const body = Buffer.concat(parts);
  const packed = response.headers['content-encoding'] === 'gzip' && body.length > 0;
  return (packed ? await unpacked(body, mostBytes) : body).toString();
}

async function unpacked(body: Buffer, mostBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: mostBytes });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong() : error;
  }
}

function tooLong(): Error {
  return Object.assign(new Error('The answer is longer than any of GitHub'), { code: TOO_LONG });
}

function timeout(seconds: number): Error {
  return Object.assign(new Error(`No whole answer in ${seconds} s`), { code: 'ETIMEDOUT' });
}
