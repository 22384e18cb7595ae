import { randomUUID } from 'node:crypto';
import type { Api } from '../../../clients/bigquery/api.ts';
import type { DatasetResource, JobResource, TableReference } from '../../../clients/bigquery/resources.ts';
import type { Bucket } from '../../../clients/gcs/bucket.ts';
import { openBucket } from '../../../clients/gcs/connect.ts';
import { answerOf, SystemError, type Answer, type Ask, type Finding, type Run } from '../../../singer/index.ts';
import { connect } from '../connect.ts';
import { lookAtDataset } from '../dataset.ts';
import { dryRun } from '../jobs/dry-run.ts';
import { TABLE_JOBS } from '../jobs/pace.ts';
import { fits, stagePrefix } from '../methods/gcs-stage.ts';
import type { TargetConfig } from '../settings.ts';
import { makeProbe, NOTHING } from '../statements/probe.ts';

/** From this share on it is told as something to mend. */
const FULL = 0.8;
const DAY_MS = 86_400_000;
const NO_BYTES = { path: '', start: 0, end: 0 };
/** As many jobs are looked at. */
const PAGE = 1000;

/** `--check`: whether a load could begin, and what to do where it could not. Writes nothing but, for gcs_stage, a file without bytes that it deletes. Throws ConfigError. */
export async function check(config: TargetConfig, run: Run, { format }: Pick<Ask, 'format'>): Promise<Answer> {
  const api = await connect({ ...config, max_retries: 0 }, run);
  const bucket = config.method === 'gcs_stage' ? await openBucket({ ...config, max_retries: 0 }, run) : undefined;
  const findings: Finding[] = [{ check: 'credentials', ok: true, detail: credentials(config) }];
  const project = await told('project', async () => {
    await api.call({ method: 'GET', path: '/datasets', query: { maxResults: '1' }, what: 'Looking at the project' });
    return { detail: `${api.project} at ${api.endpoint}` };
  });
  findings.push(project);
  if (project.ok) findings.push(...(await ofDataset(api, config, bucket)));
  return answerOf(findings, format);
}

async function ofDataset(api: Api, config: TargetConfig, bucket: Bucket | undefined): Promise<readonly Finding[]> {
  const { dataset: name } = config;
  let found: DatasetResource | undefined;
  const dataset = await told('dataset', async () => {
    found = await lookAtDataset(api, name);
    return { detail: found === undefined ? `${name} will be made in ${config.location}` : `${name} is there` };
  });
  if (!dataset.ok) return [dataset];
  const location = found?.location ?? config.location;
  const findings = [dataset, placeOf(config, location), await jobs(api, location)];
  // Whether a table could be made in it is known only when it is there.
  if (found !== undefined) findings.push(await tables(api, name, location));
  if (bucket !== undefined) findings.push(...(await ofBucket(bucket, config, location)));
  return [...findings, await quota(api, name)];
}

/** Makes a file in the bucket, looks at it as a load job would, and deletes it: the one thing that a check writes. */
async function ofBucket(
  bucket: Bucket,
  { bucket_prefix: prefix, kms_key: kmsKey }: TargetConfig,
  location: string,
): Promise<readonly Finding[]> {
  const place = await told('bucket', async () => {
    const there = await bucket.location();
    if (there === undefined)
      return { detail: `${bucket.name}; the account may not see where it is, which is no harm if that is right` };
    if (fits(there, location)) return { detail: `${bucket.name} in ${there}` };
    const hint = 'Take a bucket in the location of the dataset, or method batch_job, which needs none.';
    return {
      ok: false,
      detail: `${bucket.name} is in ${there}, the dataset in ${location}: BigQuery documents that it does not load from there`,
      hint,
    };
  });
  const files = await told('staged files', async () => {
    const name = `${stagePrefix(prefix)}check-${randomUUID()}`;
    const what = `Making ${bucket.uriOf(name)}`;
    await bucket.upload({ name, contentType: 'text/plain', metadata: {}, kmsKey }, NO_BYTES, what, {});
    await bucket.look(name);
    await bucket.delete(name);
    return { detail: `can be made, read and deleted in ${bucket.uriOf(stagePrefix(prefix))}` };
  });
  return [place, files];
}

function placeOf({ location }: TargetConfig, there: string): Finding {
  const check = 'location';
  if (there.toLowerCase() === location.toLowerCase()) return { check, ok: true, detail: there };
  return { check, ok: true, detail: `${there}, where the dataset is and jobs will run; location says ${location}` };
}

function jobs(api: Api, location: string): Promise<Finding> {
  return told('jobs', async () => {
    await dryRun(api, location, NOTHING, 'Running a job', { project: api.project });
    return { detail: 'can be run' };
  });
}

function tables(api: Api, dataset: string, location: string): Promise<Finding> {
  return told('tables', async () => {
    const table: TableReference = { projectId: api.project, datasetId: dataset, tableId: 'tapline_check' };
    await dryRun(api, location, makeProbe(table), 'Making a table', { dataset });
    return { detail: 'can be made' };
  });
}

/** How many load jobs the tables of the dataset have had, of those that this account may see. */
function quota(api: Api, dataset: string): Promise<Finding> {
  return told('quota', async () => {
    const query = { minCreationTime: String(Date.now() - DAY_MS), projection: 'full', maxResults: String(PAGE) };
    const what = 'Counting load jobs';
    const { jobs: found = [] } = await api.call<{ readonly jobs?: readonly JobResource[] }>({
      method: 'GET',
      path: '/jobs',
      query,
      what,
    });
    const counts = new Map<string, number>();
    for (const { configuration } of found) {
      const table = configuration?.load?.destinationTable;
      if (table?.datasetId === dataset) counts.set(table.tableId, (counts.get(table.tableId) ?? 0) + 1);
    }
    const [[table, most] = ['', 0]] = [...counts].toSorted(([, a], [, b]) => b - a);
    if (most === 0) return { detail: 'no load jobs in the last 24 hours' };
    const detail = `at most ${most} load jobs for one table (${table}) in the last 24 hours; it takes ${TABLE_JOBS}`;
    const hint = 'Raise load_interval_seconds, or load_size_bytes, so that fewer jobs are needed.';
    return most < TABLE_JOBS * FULL ? { detail } : { detail, hint, ok: false };
  });
}

function credentials(config: TargetConfig): string {
  const { api_endpoint: endpoint, impersonate } = config;
  if (endpoint?.startsWith('http://')) return 'none: the address is http';
  const kinds = ['access_token', 'credentials_json', 'credentials_path'] as const;
  const kind = kinds.find((name) => config[name]) ?? 'application default credentials';
  return impersonate ? `${kind}, in the name of ${impersonate}` : kind;
}

/** What a question has found, or why it could not be answered. */
async function told(
  check: string,
  question: () => Promise<Omit<Finding, 'check' | 'ok'> & { readonly ok?: boolean }>,
): Promise<Finding> {
  try {
    return { check, ok: true, ...(await question()) };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const { code, hint, message } = error;
    return { check, ok: false, detail: `${message} (${code})`, ...(hint === undefined ? {} : { hint }) };
  }
}
