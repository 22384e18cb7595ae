import type { IncomingMessage } from 'node:http';
import { refusal, type Answer } from './http.ts';

interface Session<T> {
  readonly of: T;
  readonly length: number;
  received: Buffer;
  /** The answer that ended it. */
  done?: Answer;
}

/**
 * Resumable uploads, strict about what the protocol says: https://cloud.google.com/storage/docs/performing-resumable-uploads. `T` is what the
 * upload was begun with.
 */
export class ResumableUploads<T> {
  readonly #sessions = new Map<string, Session<T>>();
  readonly #finish: (of: T, bytes: Buffer) => Answer;

  constructor(finish: (of: T, bytes: Buffer) => Answer) {
    this.#finish = finish;
  }

  /** @param address of an upload with this id */
  begin(of: T, headers: IncomingMessage['headers'], address: (id: string) => string): Answer {
    const length = Number(headers['x-upload-content-length']);
    if (!Number.isInteger(length) || headers['x-upload-content-type'] === undefined)
      return refusal(400, 'invalid', 'X-Upload headers');
    const id = `session${this.#sessions.size}`;
    this.#sessions.set(id, { of, length, received: Buffer.alloc(0) });
    return { status: 200, headers: { location: address(id) } };
  }

  put(id: string | null, headers: IncomingMessage['headers'], bytes: Buffer): Answer {
    const session = this.#sessions.get(id ?? '');
    if (session === undefined) return { status: 410 };
    if (session.done !== undefined) return session.done;
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(headers['content-range'] ?? '');
    if (range === null || Number(range[3]) !== session.length) return refusal(400, 'invalid', 'Content-Range');
    if (range[1] !== undefined) {
      if (Number(range[1]) !== session.received.length || Number(range[2]) - Number(range[1]) + 1 !== bytes.length)
        return refusal(400, 'invalid', 'Content-Range does not fit what has come');
      session.received = Buffer.concat([session.received, bytes]);
    } else if (bytes.length > 0) return refusal(400, 'invalid', 'a question with a body');
    if (session.received.length < session.length) return { status: 308, headers: receivedSoFar(session) };
    session.done = this.#finish(session.of, session.received);
    return session.done;
  }

  /** Takes so many bytes of an upload only, as the protocol allows, and ends the connection. */
  cut(id: string | null, request: IncomingMessage, after: number): void {
    const session = this.#sessions.get(id ?? '');
    let come = Buffer.alloc(0);
    request.on('data', (chunk: Buffer) => {
      come = Buffer.concat([come, chunk]);
      if (come.length < after || request.destroyed) return;
      if (session !== undefined) session.received = Buffer.concat([session.received, come.subarray(0, after)]);
      request.socket.destroy();
    });
    // One that is shorter is cut at its end.
    request.on('end', () => request.socket.destroy());
    request.on('error', () => undefined);
  }

  /** Forgets all uploads under way. */
  lose(): void {
    this.#sessions.clear();
  }
}

function receivedSoFar({ received }: { readonly received: Buffer }): Readonly<Record<string, string>> {
  return received.length === 0 ? {} : { range: `bytes=0-${received.length - 1}` };
}
