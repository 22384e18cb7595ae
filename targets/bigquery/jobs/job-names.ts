import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { jobId } from './job-id.ts';

/** Gives the jobs of a run their names: see `jobId`. */
export class JobNames {
  readonly #runId: string;
  /** How often a job with all the same was named. */
  readonly #seen = new Map<string, number>();
  /** The newest STATE that the next jobs bring up to date. */
  state = '';

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** The names of a job's attempts. */
  of(job: { readonly table: TableReference; readonly work: string; readonly content: string }): (attempt: number) => string {
    const { projectId, datasetId, tableId } = job.table;
    const { content, work } = job;
    const place = { runId: this.#runId, table: `${projectId}.${datasetId}.${tableId}`, work, content, state: this.state };
    const key = jobId({ ...place, before: 0 }, 0);
    const before = this.#seen.get(key) ?? 0;
    this.#seen.set(key, before + 1);
    return (attempt) => jobId({ ...place, before }, attempt);
  }
}
