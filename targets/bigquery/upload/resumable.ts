import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Answer, Api } from '../../../clients/bigquery/api.ts';
import { answerFault, type Place } from '../../../clients/bigquery/errors.ts';
import type { JobResource } from '../../../clients/bigquery/resources.ts';
import { SystemError } from '../../../singer/index.ts';

/** A file to be loaded. */
export interface Upload {
  readonly path: string;
  readonly bytes: number;
}

/** The rest of a file of 4 GB may take this long on a slow line. */
const UPLOAD_MS = 3_600_000;
/** Large, because each piece costs a way through all streams; a small file takes no more than its size. */
const READ_BYTES = 2 * 1024 * 1024;

/**
 * Hands in a load job with its file: https://cloud.google.com/bigquery/docs/reference/api-uploads#resumable. A cut upload goes on where it
 * was cut; one whose session is lost begins anew under the same job id, so that the job cannot be made twice. Gives the job as the API
 * answers it. Throws SystemError; with reason `duplicate` the job exists.
 */
export async function uploadJob(api: Api, job: JobResource, file: Upload, what: string, place: Place): Promise<JobResource> {
  const step: Step = { api, file, what, place };
  let session: string | undefined;
  return api.retried(what, async () => {
    let answer: Answer | undefined;
    if (session !== undefined) {
      // How much has come is asked first; perhaps the job was made, and only the answer was lost.
      answer = await ask(step, session);
      if (isLost(answer)) session = answer = undefined;
    }
    const current = (session ??= await begin(step, job));
    let sent = answer?.status === RESUME ? receivedOf(answer) : 0;
    while (answer === undefined || answer.status === RESUME) {
      answer = await put(step, current, sent);
      if (answer.status !== RESUME || receivedOf(answer) <= sent) break;
      sent = receivedOf(answer);
    }
    if (isLost(answer)) session = undefined;
    if (isDone(answer)) return answer.body as JobResource;
    // A session that is lost, or one that makes no way, counts as a server that is busy.
    const status = answer.status === RESUME || isLost(answer) ? 503 : answer.status;
    throw answerFault(status, answer.body, what, place);
  });
}

interface Step {
  readonly api: Api;
  readonly file: Upload;
  readonly what: string;
  readonly place: Place;
}

/** The status by which an upload is asked to go on. */
const RESUME = 308;

async function begin({ api, file: { bytes }, what, place }: Step, job: JobResource): Promise<string> {
  const answer = await api.send(
    {
      method: 'POST',
      url: `${api.endpoint}/upload/bigquery/v2/projects/${encodeURIComponent(api.project)}/jobs?uploadType=resumable`,
      headers: { 'X-Upload-Content-Type': 'application/octet-stream', 'X-Upload-Content-Length': String(bytes) },
      body: job,
    },
    what,
    place,
  );
  const session = answer.headers.get('location');
  if (answer.status === 200 && session !== null && isTrusted(api, session)) return new URL(session, api.endpoint).href;
  if (answer.status !== 200) throw answerFault(answer.status, answer.body, what, place);
  throw new SystemError(`${what}: BigQuery gives no address to upload to`, {
    code: 'upload-refused',
    facts: place,
    hint: 'See that api_endpoint is the address of BigQuery, and that no proxy changes answers.',
  });
}

/** Our token goes with the file: never to somebody else. */
function isTrusted({ endpoint }: Api, session: string): boolean {
  const { hostname, host } = new URL(session, endpoint);
  return host === new URL(endpoint).host || hostname.endsWith('.googleapis.com');
}

async function put({ api, file: { path, bytes }, what, place }: Step, session: string, from: number): Promise<Answer> {
  const body =
    from < bytes ? createReadStream(path, { start: from, end: bytes - 1, highWaterMark: READ_BYTES }) : Readable.from([]);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(bytes - from),
    'Content-Range': from < bytes ? `bytes ${from}-${bytes - 1}/${bytes}` : `bytes */${bytes}`,
  };
  try {
    return await api.send({ method: 'PUT', url: session, headers, body }, what, place, UPLOAD_MS);
  } finally {
    body.destroy();
  }
}

function ask({ api, file: { bytes }, what, place }: Step, session: string): Promise<Answer> {
  const headers = { 'Content-Length': '0', 'Content-Range': `bytes */${bytes}` };
  return api.send({ method: 'PUT', url: session, headers, body: Readable.from([]) }, what, place);
}

function isDone({ status }: Answer): boolean {
  return status === 200 || status === 201;
}

/** The session is forgotten: all begins anew, which the job's id makes safe. */
function isLost({ status }: Answer): boolean {
  return status === 404 || status === 410;
}

/** The bytes that the server has, as its Range header tells: `bytes=0-524287`. */
function receivedOf({ headers }: Answer): number {
  const range = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '');
  return range === null ? 0 : Number(range[1]) + 1;
}
