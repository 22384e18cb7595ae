import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { read, refusal, send, type Answer, type Asked, type Fault } from '../google/http.ts';
import { ResumableUploads } from '../google/uploads.ts';

interface ObjectBody {
  readonly name?: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StoredObject extends ObjectBody {
  readonly bytes: Buffer;
  readonly kmsKeyName: string | null;
}

export interface StorageDoubleOptions {
  /** By name, where each is. */
  readonly buckets?: Readonly<Record<string, string>>;
}

/** A page of a list. */
const PAGE = 3;

/**
 * A double of Cloud Storage's JSON API: resumable uploads that can be cut and asked, lists by pages, and faults at any request; for what
 * fake-gcs-server does not play. https://cloud.google.com/storage/docs/json_api/v1
 */
export class StorageDouble {
  readonly buckets: Map<string, string>;
  readonly objects = new Map<string, StoredObject>();
  /** All that were ever made, in order. */
  readonly made: string[] = [];
  readonly asked: Asked[] = [];
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  url = '';
  readonly #uploads = new ResumableUploads<{
    readonly key: string;
    readonly body: ObjectBody;
    readonly kmsKeyName: string | null;
  }>(({ key, ...rest }, bytes) => this.#made(key, rest.body, rest.kmsKeyName, bytes));
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor({ buckets = { staging: 'US' } }: StorageDoubleOptions = {}) {
    this.buckets = new Map(Object.entries(buckets));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Forgets all uploads under way. */
  loseSessions(): void {
    this.#uploads.lose();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://double');
    const { headers, method = '' } = request;
    const isUpload = method === 'PUT';
    const early = isUpload ? this.#faultOf({ method, path: pathname, query: searchParams, headers, body: undefined }) : undefined;
    const id = searchParams.get('upload_id');
    if (early !== undefined && 'cut' in early && typeof early.cut === 'number') return this.#uploads.cut(id, request, early.cut);
    const bytes = await read(request);
    const body: unknown = isUpload || bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
    const fault = isUpload ? early : this.#faultOf({ method, path: pathname, query: searchParams, headers, body });
    if (fault !== undefined && 'cut' in fault && fault.cut === 'before') return void request.socket.destroy();
    if (fault !== undefined && 'status' in fault && fault.after !== true)
      return send(response, refusal(fault.status, fault.reason));
    const answer = isUpload
      ? this.#uploads.put(id, headers, bytes)
      : this.#answer(method, pathname, searchParams, body as ObjectBody, request);
    if (fault === undefined) return send(response, answer);
    if ('status' in fault) return send(response, refusal(fault.status, fault.reason));
    request.socket.destroy();
  }

  #faultOf(asked: Asked): Fault | undefined {
    this.asked.push(asked);
    return this.fault(asked);
  }

  #answer(method: string, path: string, query: URLSearchParams, body: ObjectBody, { headers }: IncomingMessage): Answer {
    const [, upload, bucket = '', isObject, encoded] = /^(\/upload)?\/storage\/v1\/b\/([^/]+)(\/o)?(?:\/(.+))?$/.exec(path) ?? [];
    const location = this.buckets.get(bucket);
    if (location === undefined) return refusal(404, 'notFound', 'The specified bucket does not exist.');
    if (upload !== undefined && method === 'POST') return this.#begin(bucket, query, body, headers);
    if (isObject === undefined) return { status: 200, body: { name: bucket, location } };
    if (encoded === undefined) return this.#list(bucket, query);
    const key = `${bucket}/${decodeURIComponent(encoded)}`;
    const object = this.objects.get(key);
    if (object === undefined) return refusal(404, 'notFound', `No such object: ${key}`);
    if (method === 'DELETE') {
      this.objects.delete(key);
      return { status: 204 };
    }
    if (query.get('alt') === 'media') return { status: 200, body: object.bytes };
    return { status: 200, body: { name: object.name, size: String(object.bytes.length) } };
  }

  #begin(bucket: string, query: URLSearchParams, body: ObjectBody, headers: IncomingMessage['headers']): Answer {
    const name = query.get('name');
    if (query.get('uploadType') !== 'resumable' || name === null || (body.name !== undefined && body.name !== name))
      return refusal(400, 'invalid', 'uploadType or name');
    const upload = { key: `${bucket}/${name}`, body, kmsKeyName: query.get('kmsKeyName') };
    return this.#uploads.begin(
      upload,
      headers,
      (id) => `${this.url}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`,
    );
  }

  #made(key: string, body: ObjectBody, kmsKeyName: string | null, bytes: Buffer): Answer {
    this.objects.set(key, { ...body, bytes, kmsKeyName });
    this.made.push(key);
    return { status: 200, body: { name: body.name, size: String(bytes.length) } };
  }

  #list(bucket: string, query: URLSearchParams): Answer {
    const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
    const names = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    const from = Number(query.get('pageToken') ?? 0);
    const items = names.slice(from, from + PAGE).map((key) => ({ name: key.slice(bucket.length + 1) }));
    const next = from + PAGE < names.length ? { nextPageToken: String(from + PAGE) } : {};
    return { status: 200, body: { ...(items.length === 0 ? {} : { items }), ...next } };
  }
}
