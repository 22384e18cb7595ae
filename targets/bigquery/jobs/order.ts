import type { JobResource, TableReference } from '../../../clients/bigquery/resources.ts';

/**
 * Since when jobs of a table count that were handed in before. Work whose order matters is taken up from an earlier run only if what
 * comes before it, done by this run or taken up itself, was not done later, and only if the table is still the one that it was done in. All
 * times are BigQuery's.
 */
export class TableOrder {
  readonly #since = new Map<string, number>();

  /** A table was seen: what was done before it was made is not in it. */
  made(table: TableReference, creationTime: string | undefined): void {
    this.#advance(table, creationTime);
  }

  /** The table was changed by a job of this run, or by one that it has taken up: a run between may have done that one anew. */
  ran(table: TableReference, job: JobResource): void {
    this.#advance(table, job.statistics?.creationTime);
  }

  /** True if a job that was found came after all that. One that does not tell its time does not count. */
  counts(table: TableReference, job: JobResource): boolean {
    return Number(job.statistics?.creationTime ?? Number.NaN) >= (this.#since.get(keyOf(table)) ?? 0);
  }

  #advance(table: TableReference, time: string | undefined): void {
    const key = keyOf(table);
    this.#since.set(key, Math.max(this.#since.get(key) ?? 0, Number(time ?? 0)));
  }
}

function keyOf({ projectId, datasetId, tableId }: TableReference): string {
  return `${projectId}.${datasetId}.${tableId}`;
}
