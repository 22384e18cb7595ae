import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FieldResource, JobResource, QueryConfiguration, TableResource } from '../../../clients/bigquery/resources.ts';
import type { ApiError } from '../../../clients/google/api-error.ts';
import { read, refusal, send, type Answer, type Asked, type Fault } from '../google/http.ts';
import { ResumableUploads } from '../google/uploads.ts';
import type { Json } from '../../../singer/index.ts';
import { readLoadFiles, type LoadFile, type StoredRecord } from './load-file.ts';
import { runDml, SqlError } from './sql.ts';

export interface DoubleOptions {
  readonly project?: string;
  /** How often a job is seen running before it is done. */
  readonly looks?: number;
  /** False: files must be plain, as emulators want them. */
  readonly takesGzip?: boolean;
  /** Changes of one table within ten seconds; more are refused. Any number if left out. */
  readonly takesChanges?: number;
  /** Address of Cloud Storage, for files that load jobs name. */
  readonly storage?: string;
}

interface Table {
  resource: TableResource;
  rows: StoredRecord[];
}

interface Dataset {
  readonly location: string;
  readonly tables: Map<string, Table>;
}

export type { Asked, Fault };

/**
 * A double of BigQuery's REST surface for load jobs and tables: strict about what the protocol says, with the old names of types in its
 * answers, gzip and resumable uploads, conflicts of job names, locations and etags. It runs the SQL that the target writes, and no other.
 */
export class BigQueryDouble {
  readonly project: string;
  readonly datasets = new Map<string, Dataset>();
  readonly jobs = new Map<string, JobResource & { looks: number }>();
  /** Every request in the order it came. */
  readonly asked: Asked[] = [];
  /** Asked before each request. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  /** What a finished load job says of its rows; for tests of the accounting. */
  outputRows: (rows: number) => number = (rows) => rows;
  /** The error with which load jobs fail. */
  loadFault: ApiError | undefined;
  /** What a dry run says that a statement would read. */
  bytesRead = 0;
  /** What a statement is billed for; one with a lower limit is refused. */
  bytesBilled = 10_485_760;
  /** Ways to write that load jobs know. */
  dispositions: ReadonlySet<string> = new Set(['WRITE_APPEND', 'WRITE_EMPTY', 'WRITE_TRUNCATE_DATA']);
  url = '';
  readonly #looks: number;
  readonly #takesGzip: boolean;
  readonly #storage: string | undefined;
  readonly #uploads = new ResumableUploads<JobResource>((job, bytes) => this.#makeJob(job, [{ bytes }]));
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #etags = 0;
  #time = 0;

  readonly #takesChanges: number;
  readonly #changes = new Map<string, number[]>();
  /** Statements that changed a table while another one was under way there. */
  overlaps = 0;

  constructor({ project = 'test', looks = 0, takesGzip = true, takesChanges = Infinity, storage }: DoubleOptions = {}) {
    this.#takesChanges = takesChanges;
    this.#storage = storage;
    this.project = project;
    this.#takesGzip = takesGzip;
    this.#looks = looks;
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

  /** The rows of a table in the order they came; empty if it is not there. */
  rows(dataset: string, table: string): readonly StoredRecord[] {
    return this.datasets.get(dataset)?.tables.get(table)?.rows ?? [];
  }

  fields(dataset: string, table: string): readonly FieldResource[] {
    return this.datasets.get(dataset)?.tables.get(table)?.resource.schema?.fields ?? [];
  }

  /** Makes a table beforehand, as somebody else would have. */
  make(dataset: string, table: string, resource: TableResource): void {
    const { tables } = this.#dataset(dataset, 'US');
    tables.set(table, { resource: { type: 'TABLE', etag: this.#etag(), creationTime: this.#now(), ...resource }, rows: [] });
  }

  /** Requests of this method whose path matches. */
  count(method: string, path: RegExp): number {
    return this.asked.filter((asked) => asked.method === method && path.test(asked.path)).length;
  }

  #dataset(name: string, location: string): Dataset {
    const dataset = this.datasets.get(name) ?? { location, tables: new Map<string, Table>() };
    this.datasets.set(name, dataset);
    return dataset;
  }

  /** An answer if a table was changed too often. */
  #isTooFast(dataset: string, table: string): Answer | undefined {
    const key = `${dataset}.${table}`;
    const recent = (this.#changes.get(key) ?? []).filter((time) => Date.now() - time < 10_000);
    if (recent.length >= this.#takesChanges)
      return refusal(403, 'rateLimitExceeded', 'Exceeded rate limits: too many table update operations for this table');
    this.#changes.set(key, [...recent, Date.now()]);
    return undefined;
  }

  /** Milliseconds as text, no two of them the same. */
  #now(): string {
    this.#time = Math.max(this.#time + 1, Date.now());
    return String(this.#time);
  }

  #modified(table: Table): void {
    table.resource = { ...table.resource, lastModifiedTime: this.#now() };
  }

  #etag(): string {
    return `"${++this.#etags}"`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://double');
    const isUpload = request.method === 'PUT' && pathname.startsWith('/upload/');
    const early = isUpload ? this.#faultOf(request, pathname, searchParams, undefined) : undefined;
    if (early !== undefined && 'cut' in early && typeof early.cut === 'number')
      return this.#uploads.cut(searchParams.get('upload_id'), request, early.cut);
    const bytes = await read(request);
    const body: unknown = isUpload || bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
    const fault = isUpload ? early : this.#faultOf(request, pathname, searchParams, body);
    if (fault !== undefined && 'cut' in fault && fault.cut === 'before') return void request.socket.destroy();
    if (fault !== undefined && 'status' in fault && fault.after !== true)
      return send(response, refusal(fault.status, fault.reason));
    const answer = isUpload
      ? this.#uploads.put(searchParams.get('upload_id'), request.headers, bytes)
      : await this.#answer(request.method!, pathname, searchParams, body, request);
    if (fault === undefined) return send(response, answer);
    if ('status' in fault) return send(response, refusal(fault.status, fault.reason));
    request.socket.destroy();
  }

  #faultOf({ headers, method = '' }: IncomingMessage, path: string, query: URLSearchParams, body: unknown): Fault | undefined {
    const asked: Asked = { method, path, query, headers, body };
    this.asked.push(asked);
    return this.fault(asked);
  }

  async #answer(method: string, path: string, query: URLSearchParams, body: unknown, request: IncomingMessage): Promise<Answer> {
    if (path === `/upload/bigquery/v2/projects/${this.project}/jobs` && method === 'POST')
      return this.#begin(query, body, request);
    const base = `/bigquery/v2/projects/${this.project}`;
    if (!path.startsWith(`${base}/`)) return refusal(404, 'notFound', `Not found: ${path}`);
    const [kind, dataset, below, table, data] = path
      .slice(base.length + 1)
      .split('/')
      .map(decodeURIComponent);
    if (kind === 'datasets' && dataset === undefined && method === 'POST') return this.#makeDataset(body as DatasetBody);
    if (kind === 'datasets' && dataset !== undefined) {
      const found = this.datasets.get(dataset);
      if (found === undefined) return refusal(404, 'notFound', `Not found: Dataset ${this.project}:${dataset}`);
      if (below === undefined && method === 'GET') return { status: 200, body: { location: found.location } };
      if (below === 'tables' && table === undefined && method === 'POST')
        return this.#makeTable(found, dataset, body as TableResource);
      if (below === 'tables' && table !== undefined && data === 'data' && method === 'GET')
        return this.#listRows(found, table, Number(query.get('pageToken') ?? 0));
      if (below === 'tables' && table !== undefined)
        return this.#onTable(found, dataset, table, method, body as TableResource, request);
    }
    if (kind === 'datasets' && method === 'GET') return { status: 200, body: {} };
    if (kind === 'jobs' && dataset === undefined && method === 'GET')
      return { status: 200, body: { jobs: [...this.jobs.values()] } };
    if (kind === 'jobs' && dataset === undefined && method === 'POST')
      return this.#makeJob(body as JobResource, await this.#staged(body as JobResource));
    if (kind === 'jobs' && dataset !== undefined && method === 'GET') return this.#lookAtJob(dataset, query.get('location'));
    return refusal(404, 'notFound', `Not found: ${method} ${path}`);
  }

  #makeDataset({ datasetReference, location }: DatasetBody): Answer {
    const { datasetId } = datasetReference;
    if (this.datasets.has(datasetId)) return refusal(409, 'duplicate', `Already Exists: Dataset ${datasetId}`);
    return { status: 200, body: { location: this.#dataset(datasetId, location ?? 'US').location } };
  }

  #makeTable({ tables }: Dataset, dataset: string, resource: TableResource): Answer {
    const { tableReference, schema } = resource;
    const table = tableReference?.tableId ?? '';
    if (tableReference?.projectId !== this.project || tableReference.datasetId !== dataset || table === '')
      return refusal(400, 'invalid', 'tableReference does not fit the path');
    if (tables.has(table)) return refusal(409, 'duplicate', `Already Exists: Table ${table}`);
    const wrong = wrongFields(schema?.fields ?? []) ?? wrongLayout(resource) ?? wrongLabels(resource.labels ?? {});
    if (wrong !== undefined) return refusal(400, 'invalid', wrong);
    const fields = (schema?.fields ?? []).map(answered);
    if (resource.view !== undefined && (schema !== undefined || resource.view.useLegacySql !== false))
      return refusal(400, 'invalid', 'a view has its schema from its query, of GoogleSQL');
    const type = resource.view === undefined ? 'TABLE' : 'VIEW';
    const tooFast = this.#isTooFast(dataset, table);
    if (tooFast !== undefined) return tooFast;
    const made = { ...resource, type, etag: this.#etag(), creationTime: this.#now(), schema: { fields } };
    tables.set(table, { resource: made, rows: [] });
    return { status: 200, body: made };
  }

  #onTable(
    { tables }: Dataset,
    dataset: string,
    name: string,
    method: string,
    patch: TableResource,
    request: IncomingMessage,
  ): Answer {
    const table = tables.get(name);
    if (table === undefined) return refusal(404, 'notFound', `Not found: Table ${this.project}:${dataset}.${name}`);
    if (method === 'GET') return { status: 200, body: { ...table.resource, numRows: String(table.rows.length) } };
    if (method === 'DELETE') {
      tables.delete(name);
      return { status: 204 };
    }
    if (method !== 'PATCH') return refusal(404, 'notFound', `Not found: ${method}`);
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== table.resource.etag) return refusal(412, 'conditionNotMet');
    const fields = patch.schema?.fields ?? table.resource.schema?.fields ?? [];
    const wrong =
      wrongFields(fields) ?? wrongPatch(table.resource.schema?.fields ?? [], fields) ?? wrongLabels(patch.labels ?? {});
    if (wrong !== undefined) return refusal(400, 'invalid', wrong);
    const tooFast = this.#isTooFast(dataset, name);
    if (tooFast !== undefined) return tooFast;
    table.resource = { ...table.resource, ...patch, schema: { fields: fields.map(answered) }, etag: this.#etag() };
    this.#modified(table);
    table.rows = table.rows.map((row) => filled(row, fields));
    return { status: 200, body: table.resource };
  }

  /** One row a page. */
  #listRows({ tables }: Dataset, name: string, at: number): Answer {
    const table = tables.get(name);
    if (table === undefined) return refusal(404, 'notFound', `Not found: Table ${name}`);
    const fields = table.resource.schema?.fields ?? [];
    const cells = (row: StoredRecord): object => ({ f: fields.map((field) => ({ v: row[field.name] ?? null })) });
    const pageToken = at + 1 < table.rows.length ? { pageToken: String(at + 1) } : {};
    return { status: 200, body: { rows: table.rows.slice(at, at + 1).map(cells), ...pageToken } };
  }

  #begin(query: URLSearchParams, body: unknown, { headers }: IncomingMessage): Answer {
    if (query.get('uploadType') !== 'resumable') return refusal(400, 'invalid', 'uploadType');
    const path = `${this.url}/upload/bigquery/v2/projects/${this.project}/jobs`;
    return this.#uploads.begin(body as JobResource, headers, (id) => `${path}?uploadType=resumable&upload_id=${id}`);
  }

  /** Forgets all uploads under way. */
  loseSessions(): void {
    this.#uploads.lose();
  }

  /** The files that a load job names; undefined for one that is not there. */
  async #staged({ configuration }: JobResource): Promise<readonly LoadFile[]> {
    const uris = configuration?.load?.sourceUris ?? [];
    return Promise.all(
      uris.map(async (uri) => {
        const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri)!;
        const path = `${this.#storage}/storage/v1/b/${bucket}/o/${encodeURIComponent(name!)}?alt=media`;
        const answer = await fetch(path);
        const bytes = Buffer.from(await answer.arrayBuffer());
        return { uri, bytes: answer.ok ? bytes : undefined };
      }),
    );
  }

  /** Looks at a statement: its table must be in the job's place. */
  #dryRun({ configuration, jobReference: { location } }: JobResource): Answer {
    const dataset = tableIn(configuration?.query?.query ?? '')?.datasetId;
    if (dataset !== undefined && this.datasets.get(dataset)?.location !== location)
      return refusal(404, 'notFound', `Not found: Dataset in location ${location}`);
    return { status: 200, body: { status: { state: 'DONE' }, statistics: { totalBytesProcessed: String(this.bytesRead) } } };
  }

  #makeJob(job: JobResource, files: readonly LoadFile[]): Answer {
    if (job.configuration?.dryRun) return this.#dryRun(job);
    const { jobReference, configuration } = job;
    const { jobId, location, projectId } = jobReference;
    if (projectId !== this.project || !/^[\w-]{1,1024}$/.test(jobId)) return refusal(400, 'invalid', 'jobReference');
    if (this.jobs.has(jobId)) return refusal(409, 'duplicate', `Already Exists: Job ${this.project}:${location}.${jobId}`);
    const load = configuration?.load;
    const target = load?.destinationTable ?? tableIn(configuration?.query?.query ?? '');
    const dataset = this.datasets.get(target?.datasetId ?? '');
    if (dataset === undefined || dataset.location !== location)
      return refusal(404, 'notFound', `Not found: Dataset in location ${location}`);
    const table = dataset.tables.get(target?.tableId ?? '');
    const sql = configuration?.query?.query ?? '';
    const tooFast =
      load === undefined && !sql.startsWith('ALTER') ? undefined : this.#isTooFast(target!.datasetId, target!.tableId);
    if (tooFast !== undefined) return tooFast;
    if (load === undefined && [...this.jobs.values()].some((other) => other.looks > 0 && isSameTable(other, sql)))
      this.overlaps++;
    const ended = load === undefined ? this.#query(configuration!.query!, table) : this.#load(load, table, files);
    const statistics = { creationTime: this.#now(), endTime: this.#now(), ...ended.statistics };
    const made = { ...job, ...ended, statistics, looks: this.#looks };
    this.jobs.set(jobId, made);
    return { status: 200, body: seen(made) };
  }

  #load(
    load: NonNullable<NonNullable<JobResource['configuration']>['load']>,
    table: Table | undefined,
    files: readonly LoadFile[],
  ): Ended {
    if (this.loadFault !== undefined) return failed([this.loadFault]);
    if (table === undefined)
      return failed([{ reason: 'notFound', message: `Not found: Table ${load.destinationTable.tableId}` }]);
    if (
      load.sourceFormat !== 'NEWLINE_DELIMITED_JSON' ||
      load.maxBadRecords !== 0 ||
      load.ignoreUnknownValues ||
      !this.dispositions.has(load.writeDisposition)
    )
      return failed([{ reason: 'invalid', message: 'the double plays no such load' }]);
    const missing = files.find(({ bytes }) => bytes === undefined);
    if (missing !== undefined) return failed([{ reason: 'notFound', message: `Not found: URI ${missing.uri}` }]);
    if (!this.#takesGzip && files.some(({ bytes }) => bytes?.[0] === 0x1f))
      return failed([
        { reason: 'invalid', message: 'Error while reading data, error message: Malformed JSON, at byte 1 in line 2' },
      ]);
    const result = readLoadFiles(files, table.resource.schema?.fields ?? []);
    if ('errors' in result) return failed(result.errors);
    if (load.writeDisposition === 'WRITE_EMPTY' && table.rows.length > 0)
      return failed([{ reason: 'duplicate', message: `Already Exists: Table ${load.destinationTable.tableId}` }]);
    const known = table.resource.schema?.fields ?? [];
    if (load.schema !== undefined && load.schema.fields.map(({ name }) => name).join() !== known.map(({ name }) => name).join())
      return failed([{ reason: 'invalid', message: 'Provided Schema does not match' }]);
    if (load.writeDisposition === 'WRITE_TRUNCATE_DATA') table.rows = [];
    table.rows.push(...result.rows);
    this.#modified(table);
    return {
      status: { state: 'DONE' },
      statistics: { load: { outputRows: String(this.outputRows(result.rows.length)), badRecords: '0' } },
    };
  }

  #query({ maximumBytesBilled, query: sql, queryParameters = [] }: QueryConfiguration, table: Table | undefined): Ended {
    if (sql.startsWith('ALTER')) return this.#alter(sql, table);
    if (Number(maximumBytesBilled ?? Infinity) < this.bytesBilled)
      return failed([
        { reason: 'bytesBilledLimitExceeded', message: `Query exceeded limit for bytes billed: ${maximumBytesBilled}` },
      ]);
    try {
      const tables = new Map<Table, { fields: readonly FieldResource[]; rows: StoredRecord[] }>();
      const changed = runDml(
        sql,
        (dataset, name) => {
          const found = this.datasets.get(dataset)?.tables.get(name);
          if (found === undefined) return undefined;
          const seen = tables.get(found) ?? { fields: found.resource.schema?.fields ?? [], rows: found.rows };
          tables.set(found, seen);
          return seen;
        },
        Object.fromEntries(queryParameters.map(({ name, parameterValue }) => [name, parameterValue.value])),
      );
      for (const [found, { rows }] of tables) {
        if (found.rows !== rows) this.#modified(found);
        found.rows = rows;
      }
      const dmlStats = {
        insertedRowCount: String(changed.inserted),
        updatedRowCount: String(changed.updated),
        deletedRowCount: String(changed.deleted),
      };
      return { status: { state: 'DONE' }, statistics: { query: { dmlStats, totalBytesBilled: String(this.bytesBilled) } } };
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      return failed([{ reason: error.message.startsWith('Not found') ? 'notFound' : 'invalidQuery', message: error.message }]);
    }
  }

  #alter(sql: string, table: Table | undefined): Ended {
    const changes = [...sql.matchAll(/ALTER COLUMN `([^`]+)` SET DATA TYPE (\w+)(?:\((\d+), (\d+)\))?/g)];
    if (table === undefined || changes.length === 0)
      return failed([{ reason: 'invalidQuery', message: `the double runs no such statement: ${sql}` }]);
    const fields = (table.resource.schema?.fields ?? []).map((field) => {
      const change = changes.find(([, name]) => name === field.name);
      if (change === undefined) return field;
      const { precision: _, scale: __, ...rest } = field;
      return answered({
        ...rest,
        type: change[2]!,
        ...(change[3] === undefined ? {} : { precision: change[3], scale: change[4]! }),
      });
    });
    table.resource = { ...table.resource, schema: { fields }, etag: this.#etag() };
    this.#modified(table);
    return { status: { state: 'DONE' }, statistics: { query: {} } };
  }

  #lookAtJob(id: string, location: string | null): Answer {
    const job = this.jobs.get(id);
    // Outside of US and EU a job is found only by its location.
    if (job === undefined || job.jobReference.location !== location) return refusal(404, 'notFound', `Not found: Job ${id}`);
    const body = seen(job);
    job.looks = Math.max(0, job.looks - 1);
    return { status: 200, body };
  }
}

interface DatasetBody {
  readonly datasetReference: { readonly datasetId: string };
  readonly location?: string;
}

type Ended = Pick<JobResource, 'status' | 'statistics'>;

function failed(errors: readonly ApiError[]): Ended {
  return { status: { state: 'DONE', errorResult: errors[0]!, errors } };
}

function seen(job: JobResource & { looks: number }): object {
  const { looks, ...done } = job;
  return looks > 0 ? { jobReference: job.jobReference, configuration: job.configuration, status: { state: 'RUNNING' } } : done;
}

/** The table that a statement begins with: ALTER TABLE `project`.`dataset`.`table`. */
function tableIn(sql: string): { readonly datasetId: string; readonly tableId: string } | undefined {
  const match = /`[^`]+`\.`([^`]+)`\.`([^`]+)`/.exec(sql);
  return match === null ? undefined : { datasetId: match[1]!, tableId: match[2]! };
}

/** True if both are statements on one table. */
function isSameTable({ configuration }: JobResource, sql: string): boolean {
  const [one, other] = [tableIn(configuration?.query?.query ?? ''), tableIn(sql)];
  return one !== undefined && one.datasetId === other?.datasetId && one.tableId === other.tableId;
}

/** A row with what its table has gained since. */
function filled(row: StoredRecord, fields: readonly FieldResource[]): StoredRecord {
  const whole = fields.map((field) => {
    const { fields: members, mode, name } = field;
    const value = row[name] ?? (mode === 'REPEATED' ? [] : null);
    if (members === undefined || value === null) return [name, value] as const;
    const within = (one: Json): Json => filled(one as StoredRecord, members);
    return [name, Array.isArray(value) ? value.map(within) : within(value)] as const;
  });
  return { ...row, ...Object.fromEntries(whole) };
}

const TYPES = new Set(['STRING', 'INT64', 'INTEGER', 'FLOAT64', 'FLOAT', 'NUMERIC', 'BIGNUMERIC', 'BOOL', 'BOOLEAN', 'DATE', 'TIME', 'DATETIME', 'TIMESTAMP', 'BYTES', 'JSON', 'RECORD']); // prettier-ignore
const OLD_NAMES: Readonly<Record<string, string>> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN', STRUCT: 'RECORD' };

function answered(field: FieldResource): FieldResource {
  const type = OLD_NAMES[field.type] ?? field.type;
  return { ...field, type, ...(field.fields === undefined ? {} : { fields: field.fields.map(answered) }) };
}

const RESERVED =
  /^(?:_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_(?:SEQUENCE_NUMBER|TYPE|TIMESTAMP))/i;

function wrongFields(fields: readonly FieldResource[]): string | undefined {
  const seen = new Set<string>();
  for (const { name, type, description, fields: members } of fields) {
    if ((type === 'RECORD') !== (members !== undefined && members.length > 0)) return `Field ${name} has the wrong members`;
    const within = wrongFields(members ?? []);
    if (within !== undefined) return within;
    if (!/^[A-Za-z_]\w{0,299}$/.test(name)) return `Invalid field name "${name}"`;
    if (RESERVED.test(name)) return `Field name ${name} is reserved`;
    if (!TYPES.has(type)) return `Invalid field type ${type}`;
    if (seen.has(name.toLowerCase())) return `Duplicate field name ${name}`;
    if ((description?.length ?? 0) > 1024) return `Description of ${name} is too long`;
    seen.add(name.toLowerCase());
  }
  return undefined;
}

/** A patch may add columns that allow null, and relax others; nothing else. */
function wrongPatch(before: readonly FieldResource[], after: readonly FieldResource[]): string | undefined {
  for (const field of before) {
    const now = after.find(({ name }) => name === field.name);
    if (now === undefined) return `Provided Schema does not match: field ${field.name} is missing in new schema`;
    if (answered(now).type !== field.type || now.precision !== field.precision) return `Field ${field.name} has changed type`;
    if ((field.mode === 'REPEATED') !== (now.mode === 'REPEATED')) return `Field ${field.name} has changed mode`;
    const within = field.fields === undefined ? undefined : wrongPatch(field.fields, now.fields ?? []);
    if (within !== undefined) return within;
    if (field.mode !== 'REQUIRED' && now.mode === 'REQUIRED') return `Field ${field.name} has changed mode`;
  }
  const isNew = ({ name }: FieldResource): boolean => before.every((field) => field.name !== name);
  return after.some((field) => isNew(field) && field.mode === 'REQUIRED')
    ? 'Cannot add required fields to an existing schema'
    : undefined;
}

const CLUSTERED = new Set(['STRING', 'INT64', 'NUMERIC', 'BIGNUMERIC', 'DATE', 'DATETIME', 'TIMESTAMP', 'BOOL']);

function wrongLayout({ clustering, schema, timePartitioning }: TableResource): string | undefined {
  const typeOf = (wanted: string): string | undefined => schema?.fields?.find(({ name }) => name === wanted)?.type;
  const { field, type } = timePartitioning ?? {};
  if (field !== undefined && !['DATE', 'TIMESTAMP', 'DATETIME'].includes(typeOf(field) ?? ''))
    return `Cannot partition by ${field}`;
  if (type !== undefined && !['HOUR', 'DAY', 'MONTH', 'YEAR'].includes(type)) return `Partitions of ${type}`;
  const by = clustering?.fields ?? [];
  return by.length > 4 || by.some((name) => !CLUSTERED.has(typeOf(name) ?? '')) ? 'Clustering' : undefined;
}

function wrongLabels(labels: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(labels).some(
    ([name, value]) => !/^[a-z][a-z0-9_-]{0,62}$/.test(name) || !/^[a-z0-9_-]{0,63}$/.test(value),
  )
    ? 'Label'
    : undefined;
}
