import { createHash, randomUUID } from 'node:crypto';
import type { Api } from '../../../clients/bigquery/api.ts';
import { faults, reasonOf } from '../../../clients/bigquery/errors.ts';
import type { LineError } from '../../../clients/bigquery/line-errors.ts';
import type { JobResource } from '../../../clients/bigquery/resources.ts';
import type { Bucket } from '../../../clients/gcs/bucket.ts';
import { bucketProblem } from '../../../clients/gcs/connect.ts';
import type { FileRange } from '../../../clients/google/resumable.ts';
import { SystemError, type Log, type Problem } from '../../../singer/index.ts';
import { Slots } from '../jobs/slots.ts';
import { WHOLE, type Piece } from '../parts/part-file.ts';
import type { TargetConfig } from '../settings.ts';
import type { HandIn, Sending, WayIn } from './way-in.ts';

/** Objects that are uploaded, or deleted, at once. */
const AT_ONCE = 4;

export interface StageOptions {
  readonly api: Api;
  readonly bucket: Bucket;
  /** Before all names; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly pieceBytes: number;
  readonly compression: 'gzip' | 'none';
  readonly dataset: string;
  readonly runId: string;
  /** An earlier run may have had the same `run_id`: its jobs are looked for before files are uploaded, and its files at the end. */
  readonly isResumable: boolean;
  readonly keep: boolean;
  readonly kmsKey: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** What is wrong with the settings, all at once. */
export function stageProblems({
  bucket,
  bucket_prefix: prefix,
}: Pick<TargetConfig, 'bucket' | 'bucket_prefix'>): readonly Problem[] {
  const ofBucket = bucketProblem(bucket);
  return [
    ...(ofBucket === undefined ? [] : [{ path: 'bucket', message: `${ofBucket} (method is gcs_stage)` }]),
    ...(isFolder(prefix)
      ? []
      : [{ path: 'bucket_prefix', message: 'must be a folder of at most 500 characters, without * ? # [ ] or line breaks' }]),
  ];
}

/** A job would read * as a pattern. Source: https://cloud.google.com/storage/docs/objects#naming */
function isFolder(prefix: string): boolean {
  return prefix.length <= 500 && !/[\r\n*?[\]#]/.test(prefix) && foldersOf(prefix).every((folder) => !/^\.+$/.test(folder));
}

/** With one slash at its end, and none before; empty stays empty. */
export function stagePrefix(setting: string): string {
  return foldersOf(setting)
    .map((folder) => `${folder}/`)
    .join('');
}

function foldersOf(prefix: string): readonly string[] {
  return prefix.split('/').filter((folder) => folder !== '');
}

/** Regions in Europe that do not belong to EU. */
const OUTSIDE_EU = new Set(['EUROPE-WEST2', 'EUROPE-WEST6']);

/**
 * Whether a dataset takes files of a bucket, as far as their names tell: one of US of any, one of EU of its regions too, another of its own
 * place. Source: https://cloud.google.com/bigquery/docs/batch-loading-data#data-locations
 */
export function fits(bucketLocation: string, datasetLocation: string): boolean {
  const [bucket, dataset] = [bucketLocation.toUpperCase(), datasetLocation.toUpperCase()];
  if (dataset === 'US' || dataset === bucket) return true;
  // Names of pairs of regions (EUR4) do not tell where they are.
  if (/^[A-Z]+\d+$/.test(bucket)) return true;
  return dataset === 'EU' && bucket.startsWith('EUROPE-') && !OUTSIDE_EU.has(bucket);
}

/** An object of the bucket, and which part of the file it holds. */
interface Staged {
  readonly name: string;
  readonly range: FileRange;
  readonly piece: Piece;
}

/**
 * Files are uploaded to a bucket, in pieces, and one load job reads all pieces of one file. No name is ever used again, so that nothing changes below a
 * job that reads it; the name's folder follows from run_id and table, so that a later run of the same `run_id` finds what one that died has left.
 * https://cloud.google.com/bigquery/docs/batch-loading-data#loading_data_from_cloud_storage
 */
export class GcsStage implements WayIn {
  readonly #o: StageOptions;
  readonly #slots = new Slots(AT_ONCE);

  constructor(options: StageOptions) {
    this.#o = options;
  }

  get by(): string {
    return this.#o.bucket.uriOf(this.#o.prefix);
  }

  get pieceBytes(): number {
    return this.#o.pieceBytes;
  }

  take(sending: Sending): HandIn {
    const staged = this.#namesFor(sending);
    let uploaded: Promise<unknown> | undefined;
    return {
      submit: async (job) => {
        await this.#refuseSecond(job, sending);
        uploaded ??= this.#upload(staged, sending);
        await uploaded;
        return this.#handIn(job, staged, sending);
      },
      lineOf: (line) => this.#lineOf(line, staged),
      release: () => (uploaded === undefined ? Promise.resolve() : this.#delete(staged.map(({ name }) => name))),
    };
  }

  /** A bucket elsewhere is told, not refused: whether a job takes it BigQuery decides. */
  async prove(location: string): Promise<void> {
    const { bucket, log } = this.#o;
    const there = await bucket.location();
    if (there === undefined || fits(there, location)) return;
    log.warn('The bucket is in another location than the dataset: BigQuery documents that it does not load from there', {
      bucket: bucket.name,
      bucket_location: there,
      dataset_location: location,
    });
  }

  async finish(tables: ReadonlySet<string>): Promise<void> {
    const { bucket, isResumable, keep } = this.#o;
    if (!isResumable || keep) return;
    await this.#ifPossible(async () => {
      const left = await Promise.all([...tables].map((table) => this.#slots.run(() => bucket.list(this.#folderOf(table)))));
      await this.#deleteAll(left.flat());
    });
  }

  #namesFor({ file: { bytes, path, pieces = [WHOLE] }, table }: Sending): readonly Staged[] {
    const stem = `${this.#folderOf(table)}${randomUUID()}`;
    const ending = this.#o.compression === 'gzip' ? 'ndjson.gz' : 'ndjson';
    return pieces.map((piece, i) => ({
      name: `${stem}-${String(i).padStart(4, '0')}.${ending}`,
      range: { path, start: piece.start, end: pieces[i + 1]?.start ?? bytes },
      piece,
    }));
  }

  #folderOf(table: string): string {
    const { api, dataset, prefix, runId } = this.#o;
    const run = createHash('sha256').update(runId).digest('hex').slice(0, 16);
    return `${prefix}${run}/${api.project}.${dataset}.${table}/`;
  }

  /** What a job of this name has loaded needs no upload. */
  async #refuseSecond({ jobReference: { jobId, location } }: JobResource, { place, what }: Sending): Promise<void> {
    if (!this.#o.isResumable) return;
    const query = location === undefined ? {} : { location };
    try {
      await this.#o.api.call({ method: 'GET', path: `/jobs/${encodeURIComponent(jobId)}`, query, what, place });
    } catch (error) {
      if (reasonOf(error) === 'notFound') return;
      throw error;
    }
    throw faults.of({ reason: 'duplicate' }, what, place);
  }

  async #upload(staged: readonly Staged[], { place, stream, table, what }: Sending): Promise<void> {
    const { bucket, compression, dataset, kmsKey, labels } = this.#o;
    const contentType = compression === 'gzip' ? 'application/gzip' : 'application/x-ndjson';
    const metadata = { ...labels, stream, table: `${dataset}.${table}` };
    await this.#all(
      staged.map(
        ({ name, range }) =>
          () =>
            bucket.upload({ name, contentType, metadata, kmsKey }, range, what, place),
      ),
    ).catch((error: unknown) => this.#giveUp(staged, error));
  }

  async #handIn(job: JobResource, staged: readonly Staged[], sending: Sending): Promise<JobResource> {
    const { api, bucket } = this.#o;
    const { place, what } = sending;
    const load = { ...job.configuration!.load!, sourceUris: staged.map(({ name }) => bucket.uriOf(name)) };
    const body = { ...job, configuration: { ...job.configuration, load } };
    try {
      return await api.call<JobResource>({ method: 'POST', path: '/jobs', body, what, place });
    } catch (error) {
      // Where no answer came, or one that may be of a job that was made, the files stay.
      return reasonOf(error) !== 'duplicate' && isRefusal(error) ? this.#giveUp(staged, error) : Promise.reject(error);
    }
  }

  /** No job will read them. */
  async #giveUp(staged: readonly Staged[], error: unknown): Promise<never> {
    if (!this.#o.api.signal.aborted) await this.#delete(staged.map(({ name }) => name));
    throw error;
  }

  async #delete(names: readonly string[]): Promise<void> {
    if (!this.#o.keep) await this.#ifPossible(() => this.#deleteAll(names));
  }

  async #deleteAll(names: readonly string[]): Promise<void> {
    await this.#all(names.map((name) => () => this.#o.bucket.delete(name)));
  }

  /** That files stay is no reason to fail: their rows are loaded, or the run says why they are not. */
  async #ifPossible(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const { code, hint, message } = error;
      this.#o.log.warnOnce('staged files', 'Files stay in the bucket', { cause: message, code, hint });
    }
  }

  /** All are let finish. Throws the first failure. */
  async #all(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    const results = await Promise.allSettled(tasks.map((task) => this.#slots.run(task)));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** Of a job that reads one file only its errors need not name it. */
  #lineOf(line: LineError, staged: readonly Staged[]): LineError | undefined {
    const { file, ...inFile } = line;
    const found =
      file === undefined && staged.length === 1 ? staged[0] : staged.find(({ name }) => this.#o.bucket.uriOf(name) === file);
    return found === undefined ? undefined : { ...inFile, position: found.piece.position + line.position };
  }
}

/** The server has said no, and done nothing. */
function isRefusal(error: unknown): boolean {
  const status: unknown = error instanceof SystemError ? error.facts['status'] : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408;
}
