import { reasonOf, type Place } from '../google/faults.ts';
import { upload, type FileRange } from '../google/resumable.ts';
import type { GoogleService } from '../google/service.ts';

/** The parts of the REST resources that we read: https://cloud.google.com/storage/docs/json_api/v1 */
interface BucketResource {
  readonly location?: string;
}

interface ObjectResource {
  readonly name?: string;
  /** Bytes as text. */
  readonly size?: string;
}

interface ObjectList {
  readonly items?: readonly ObjectResource[];
  readonly nextPageToken?: string;
}

export interface NewObject {
  readonly name: string;
  readonly contentType: string;
  /** What whoever looks at it may want to know. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Key of Cloud KMS; undefined: the bucket's own. */
  readonly kmsKey?: string | undefined;
}

const PAGE = '1000';

/** A bucket of Cloud Storage. All throw SystemError. */
export class Bucket {
  readonly name: string;
  readonly #service: GoogleService;

  constructor(service: GoogleService, name: string) {
    this.name = name;
    this.#service = service;
  }

  get endpoint(): string {
    return this.#service.endpoint;
  }

  /** As load jobs name an object. */
  uriOf(object: string): string {
    return `gs://${this.name}/${object}`;
  }

  /** Where it is; undefined: the account may use it, perhaps, but not look at it. */
  async location(): Promise<string | undefined> {
    try {
      const query = { fields: 'location' };
      return (await this.#call<BucketResource>('GET', '', 'Looking at the bucket', query)).location;
    } catch (error) {
      if (reasonOf(error) === 'forbidden') return undefined;
      throw error;
    }
  }

  /** Makes an object of a file; one of that name is replaced. */
  async upload(object: NewObject, file: FileRange, what: string, place: Place): Promise<void> {
    const { contentType, kmsKey, metadata, name } = object;
    const kms = kmsKey === undefined ? '' : `&kmsKeyName=${encodeURIComponent(kmsKey)}`;
    await upload<ObjectResource>(this.#service, {
      path: `/upload${this.#path}/o?uploadType=resumable&name=${encodeURIComponent(name)}${kms}`,
      body: { name, contentType, metadata },
      file,
      what,
      place: { ...place, bucket: this.name },
      isWhole: (made) => Number((made as ObjectResource | undefined)?.size) === file.end - file.start,
    });
  }

  /** Looks at an object, which needs the right to read it. */
  async look(object: string): Promise<void> {
    await this.#call('GET', `/o/${encodeURIComponent(object)}`, `Looking at ${this.uriOf(object)}`, { fields: 'size' });
  }

  /** One that is not there is gone. */
  async delete(object: string): Promise<void> {
    try {
      await this.#call('DELETE', `/o/${encodeURIComponent(object)}`, `Deleting ${this.uriOf(object)}`);
    } catch (error) {
      if (reasonOf(error) !== 'notFound') throw error;
    }
  }

  /** The names of all objects that begin so. */
  async list(prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    for (let page: string | undefined = ''; page !== undefined;) {
      const query = {
        prefix,
        fields: 'items(name),nextPageToken',
        maxResults: PAGE,
        ...(page === '' ? {} : { pageToken: page }),
      };
      const list: ObjectList = await this.#call<ObjectList>('GET', '/o', `Listing ${this.uriOf(prefix)}`, query);
      names.push(...(list.items ?? []).flatMap(({ name }) => name ?? []));
      page = list.nextPageToken;
    }
    return names;
  }

  get #path(): string {
    return `/storage/v1/b/${encodeURIComponent(this.name)}`;
  }

  async #call<T>(method: 'GET' | 'DELETE', path: string, what: string, query?: Readonly<Record<string, string>>): Promise<T> {
    const place = { bucket: this.name };
    return this.#service.call<T>({
      method,
      path: `${this.#path}${path}`,
      what,
      place,
      ...(query === undefined ? {} : { query }),
    });
  }
}
