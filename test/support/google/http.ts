import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a test lets go wrong with one request. */
export type Fault =
  /** An error of the API; with `after`, what was asked is done all the same. */
  | { readonly status: number; readonly reason?: string; readonly after?: true }
  /** The connection ends: before anything is done, after all is done, or when so many bytes of an upload have come. */
  | { readonly cut: 'before' | 'after' | number };

export interface Asked {
  readonly method: string;
  /** Without host and query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** JSON; undefined for uploads. */
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refusal(status: number, reason?: string, message = 'refused by the double'): Answer {
  return {
    status,
    body: { error: { code: status, message, errors: reason === undefined ? [] : [{ reason, message, domain: 'global' }] } },
  };
}

export async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}
