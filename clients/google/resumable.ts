import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { SystemError } from '../../singer/index.ts';
import type { Place } from './faults.ts';
import type { Answer, GoogleService } from './service.ts';

/** A file, or a part of one, from byte `start` to before `end`. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export interface Upload {
  /** Where an upload begins, with its query. */
  readonly path: string;
  /** What describes the file. */
  readonly body: object;
  readonly file: FileRange;
  /** For errors and logs: `Loading orders`. */
  readonly what: string;
  readonly place: Place;
  /** False if what the service has made of the file is not all of it: then it is sent anew. */
  readonly isWhole?: (made: unknown) => boolean;
}

/** The rest of a file of 4 GB may take this long on a slow line. */
const UPLOAD_MS = 3_600_000;
/** Large, because each piece costs a way through all streams; a small file takes no more than its size. */
const READ_BYTES = 2 * 1024 * 1024;

/**
 * Uploads a file by the protocol that all of Google's services have: https://cloud.google.com/storage/docs/performing-resumable-uploads and
 * https://cloud.google.com/bigquery/docs/reference/api-uploads#resumable. A cut upload goes on where it was cut; one whose session is lost begins
 * anew: what it makes must bear a name, so that it is not made twice. Gives what the service has made of it. Throws SystemError.
 */
export async function upload<T>(service: GoogleService, request: Upload): Promise<T> {
  const { isWhole = () => true, place, what } = request;
  let session: string | undefined;
  return service.retried(what, async () => {
    let answer: Answer | undefined;
    if (session !== undefined) {
      // How much has come is asked first; perhaps all has, and only the answer was lost.
      answer = await ask(service, request, session);
      if (isLost(answer)) session = answer = undefined;
    }
    const current = (session ??= await begin(service, request));
    let sent = answer?.status === RESUME ? receivedOf(answer) : 0;
    while (answer === undefined || answer.status === RESUME) {
      answer = await put(service, request, current, sent);
      if (answer.status !== RESUME || receivedOf(answer) <= sent) break;
      sent = receivedOf(answer);
    }
    if (isLost(answer)) session = undefined;
    if (isDone(answer)) {
      if (isWhole(answer.body)) return answer.body as T;
      session = undefined;
    }
    // A session that is lost, one that makes no way, and a file of which a part is missing count as a server that is busy.
    const status = answer.status === RESUME || isLost(answer) || isDone(answer) ? 503 : answer.status;
    throw service.faults.answer(status, answer.body, what, place);
  });
}

/** The status by which an upload is asked to go on. */
const RESUME = 308;

async function begin(service: GoogleService, { body, file, path, place, what }: Upload): Promise<string> {
  const answer = await service.send(
    {
      method: 'POST',
      url: `${service.endpoint}${path}`,
      headers: { 'X-Upload-Content-Type': 'application/octet-stream', 'X-Upload-Content-Length': String(sizeOf(file)) },
      body,
    },
    what,
    place,
  );
  const session = answer.headers.get('location');
  if (answer.status === 200 && session !== null && isTrusted(service, session)) return new URL(session, service.endpoint).href;
  if (answer.status !== 200) throw service.faults.answer(answer.status, answer.body, what, place);
  throw new SystemError(`${what}: the server gives no address to upload to`, {
    code: 'upload-refused',
    facts: place,
    hint: `See that ${service.endpoint} is the address of the service, and that no proxy changes answers.`,
  });
}

/** Our token goes with the file: never to somebody else. */
function isTrusted({ endpoint }: GoogleService, session: string): boolean {
  const { hostname, host } = new URL(session, endpoint);
  return host === new URL(endpoint).host || hostname.endsWith('.googleapis.com');
}

async function put(service: GoogleService, { file, place, what }: Upload, session: string, from: number): Promise<Answer> {
  const { path, start, end } = file;
  const size = sizeOf(file);
  const body =
    from < size ? createReadStream(path, { start: start + from, end: end - 1, highWaterMark: READ_BYTES }) : Readable.from([]);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(size - from),
    'Content-Range': from < size ? `bytes ${from}-${size - 1}/${size}` : `bytes */${size}`,
  };
  try {
    return await service.send({ method: 'PUT', url: session, headers, body }, what, place, UPLOAD_MS);
  } finally {
    body.destroy();
  }
}

function ask(service: GoogleService, { file, place, what }: Upload, session: string): Promise<Answer> {
  const headers = { 'Content-Length': '0', 'Content-Range': `bytes */${sizeOf(file)}` };
  return service.send({ method: 'PUT', url: session, headers, body: Readable.from([]) }, what, place);
}

function sizeOf({ end, start }: FileRange): number {
  return end - start;
}

function isDone({ status }: Answer): boolean {
  return status === 200 || status === 201;
}

/** The session is forgotten: all begins anew. */
function isLost({ status }: Answer): boolean {
  return status === 404 || status === 410;
}

/** The bytes that the server has, as its Range header tells: `bytes=0-524287`. */
function receivedOf({ headers }: Answer): number {
  const range = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '');
  return range === null ? 0 : Number(range[1]) + 1;
}
