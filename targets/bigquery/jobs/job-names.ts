import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { appendId, jobId } from './job-id.ts';

/** Gives a job's attempts their names. */
export type IdOf = (attempt: number) => string;

/** Gives the jobs of a run their names: see `appendId` and `jobId`. */
export class JobNames {
  readonly #runId: string;
  /** How often a job with all the same was named. */
  readonly #seen = new Map<string, number>();
  /** Load jobs that have appended to a table. */
  readonly #appends = new Map<string, number>();
  /** The newest STATE that the next jobs bring up to date. */
  state = '';

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** The names of a job that is the same job only if it does the same. */
  of(job: { readonly table: TableReference; readonly work: string; readonly content: string }): IdOf {
    const { content, work } = job;
    const place = { runId: this.#runId, table: nameOf(job.table), work, content, state: this.state };
    const key = jobId({ ...place, before: 0 }, 0);
    const before = this.#seen.get(key) ?? 0;
    this.#seen.set(key, before + 1);
    return (attempt) => jobId({ ...place, before }, attempt);
  }

  /** The names of the load job with this number that appends rows to a table. */
  append(table: TableReference, number: number): IdOf {
    const place = { runId: this.#runId, table: nameOf(table), number };
    return (attempt) => appendId(place, attempt);
  }

  /** The names of the next one. */
  nextAppend(table: TableReference): IdOf {
    const number = (this.#appends.get(nameOf(table)) ?? 0) + 1;
    this.appended(table, number);
    return this.append(table, number);
  }

  /** Earlier runs have handed in so many of them. */
  appended(table: TableReference, jobs: number): void {
    this.#appends.set(nameOf(table), jobs);
  }
}

/** `project.dataset.table`. */
function nameOf({ datasetId, projectId, tableId }: TableReference): string {
  return `${projectId}.${datasetId}.${tableId}`;
}
