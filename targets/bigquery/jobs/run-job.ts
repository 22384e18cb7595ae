import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../../../clients/bigquery/api.ts';
import { waitAfter } from '../../../clients/google/backoff.ts';
import { jobFault, passes, reasonOf, type Place } from '../../../clients/bigquery/errors.ts';
import type { LineError } from '../../../clients/bigquery/line-errors.ts';
import type { JobConfiguration, JobReference, JobResource } from '../../../clients/bigquery/resources.ts';
import { SystemError, type Log } from '../../../singer/index.ts';

export interface JobRunner {
  readonly api: Api;
  readonly log: Log;
  /** Where the dataset is: jobs run there, and are found only there. */
  readonly location: string;
  /** Seconds that a job may take. */
  readonly timeout: number;
  /** Attempts after the first. */
  readonly retries: number;
}

export interface JobRequest {
  /** For errors and logs: `Loading orders`. */
  readonly what: string;
  readonly place: Place;
  readonly configuration: JobConfiguration;
  /** The name of each attempt. */
  readonly idOf: (attempt: number) => string;
  /** Hands the job in; throws SystemError with reason `duplicate` if its name is used. */
  readonly submit: (job: JobResource) => Promise<JobResource>;
  /** False if what a job that was found has done is not there any more, or no longer the last word; all count if this is left out. */
  readonly counts?: (found: JobResource) => boolean | Promise<boolean>;
  /** Finds a line that a failed job names; undefined: it is none of what was sent. */
  readonly lineOf?: (line: LineError) => LineError | undefined;
  /** Told when a job has ended, well or not, and no other attempt follows: what it has read is not needed any more. */
  readonly release?: () => Promise<void>;
}

export interface DoneJob {
  readonly job: JobResource;
  /** It was handed in before: by an earlier run, or by this one, whose answer was lost. */
  readonly adopted: boolean;
}

/** A wait between two looks at a job grows to this. */
const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 5_000;

/**
 * Runs a job to its end and gives it. A name that is used already is taken up: the job's result counts, whoever has handed it in, and
 * only a failure that BigQuery has confirmed leads to another attempt under another name. Throws SystemError.
 */
export async function runJob(runner: JobRunner, request: JobRequest): Promise<DoneJob> {
  for (let attempt = 1; ; attempt++) {
    const reference: JobReference = {
      projectId: runner.api.project,
      jobId: request.idOf(attempt),
      location: runner.location,
    };
    const { job, adopted } = await handIn(runner, request, reference);
    const done = await waitFor(runner, request, job, reference);
    const error = done.status?.errorResult;
    if (error === undefined) {
      if (!adopted || (await (request.counts?.(done) ?? true))) {
        await request.release?.();
        return { job: done, adopted };
      }
      runner.log.info(`${request.what}: what the job has done is to be done again`, { job: reference.jobId });
      continue;
    }
    const errors = [error, ...(done.status?.errors ?? [])];
    const fault = jobFault(errors, request.what, { ...request.place, job: reference.jobId }, request.lineOf);
    // What has failed in an earlier run may have been put right since.
    if (!adopted && (!passes(fault) || attempt > runner.retries)) {
      await request.release?.();
      throw fault;
    }
    const waitMs = adopted ? 0 : waitAfter(fault, attempt);
    runner.log.warn(`${request.what}: the job failed; another attempt begins`, {
      job: reference.jobId,
      reason: error.reason ?? 'none',
      attempt,
      wait_ms: waitMs,
    });
    await sleep(waitMs, undefined, { signal: runner.api.signal }).catch(() => runner.api.signal.throwIfAborted());
  }
}

/** A job as it is when it is done; undefined if there is none of that name. Throws SystemError. */
export async function findJob(runner: JobRunner, id: string, what: string, place: Place): Promise<JobResource | undefined> {
  const reference: JobReference = { projectId: runner.api.project, jobId: id, location: runner.location };
  let job: JobResource;
  try {
    job = await lookAt(runner, reference, what, place);
  } catch (error) {
    if (reasonOf(error) === 'notFound') return undefined;
    throw error;
  }
  return waitFor(runner, { what, place }, job, reference);
}

async function handIn(
  runner: JobRunner,
  { configuration, place, submit, what }: JobRequest,
  reference: JobReference,
): Promise<DoneJob> {
  try {
    return { job: await submit({ jobReference: reference, configuration }), adopted: false };
  } catch (error) {
    if (reasonOf(error) !== 'duplicate') throw error;
    runner.log.info(`${what}: the job was handed in before; its result is taken`, { job: reference.jobId });
    const job = await lookAt(runner, reference, what, place);
    return { job, adopted: true };
  }
}

async function waitFor(
  runner: JobRunner,
  { what, place }: Pick<JobRequest, 'what' | 'place'>,
  first: JobResource,
  reference: JobReference,
): Promise<JobResource> {
  const until = Date.now() + runner.timeout * 1000;
  let job = first;
  for (let wait = FIRST_LOOK_MS; job.status?.state !== 'DONE'; wait = Math.min(wait * 1.5, LONGEST_LOOK_MS)) {
    if (Date.now() > until) {
      throw new SystemError(`${what}: the job is not done after ${runner.timeout} s`, {
        code: 'job-timeout',
        facts: { ...place, job: reference.jobId },
        hint: 'Raise timeout. The job goes on; a run with the same run_id takes up its result.',
      });
    }
    await sleep(wait, undefined, { signal: runner.api.signal }).catch(() => runner.api.signal.throwIfAborted());
    job = await lookAt(runner, reference, what, place);
  }
  return job;
}

function lookAt({ api }: JobRunner, reference: JobReference, what: string, place: Place): Promise<JobResource> {
  return api.call<JobResource>({
    method: 'GET',
    path: `/jobs/${encodeURIComponent(reference.jobId)}`,
    query: { location: reference.location! },
    what,
    place,
  });
}
