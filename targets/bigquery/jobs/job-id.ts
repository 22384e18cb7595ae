import { createHash } from 'node:crypto';

export interface JobPlace {
  readonly runId: string;
  /** `project.dataset.table`. */
  readonly table: string;
  /** What the job does: `load`, `merge`. */
  readonly work: string;
  /** The STATE that the job brings up to date, as text; empty where none came. */
  readonly state: string;
  /** Hash of the rows, times of our own left out. */
  readonly content: string;
  /** How many jobs of this run had all the same before. */
  readonly before: number;
}

/**
 * Name of a job that follows from what it does alone: the same input, read again in a run of the same `run_id`, gets the same name, so
 * that BigQuery refuses to do the work twice. `attempt` counts the failures that BigQuery has confirmed.
 */
export function jobId({ runId, table, work, state, content, before }: JobPlace, attempt: number): string {
  return `tapline_${work}_${hashOf([runId, table, work, state, content, before])}_a${attempt}`;
}

/**
 * Name of a load job that appends rows to a table: the first one of a run, the second … A later run of the same `run_id` finds them all by
 * their numbers, and knows by their labels which rows they have brought.
 */
export function appendId(
  { runId, table, number }: { readonly runId: string; readonly table: string; readonly number: number },
  attempt: number,
): string {
  return `tapline_append_${hashOf([runId, table])}_${number}_a${attempt}`;
}

function hashOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}
