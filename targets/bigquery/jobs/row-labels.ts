import type { JobResource } from '../../../clients/bigquery/resources.ts';
import type { LoadSeen } from '../parts/known-rows.ts';

/** What a load job tells of its rows, so that a later run knows them again: labels, each of at most 63 characters. */

const ROWS = 'tapline_rows';
const DIGEST = 'tapline_digest';
const STATE = 'tapline_state';
const MARKS = 'tapline_marks_';
/** Marks in one label: twelve digits each, and what stands between them. */
const IN_ONE = 4;

/** Of rows without a digest only how many there are. */
export function rowLabels({ digest, marks, rows, state }: LoadSeen): Readonly<Record<string, string>> {
  if (digest === '') return { [ROWS]: String(rows) };
  const labels: Record<string, string> = { [ROWS]: String(rows), [DIGEST]: digest, [STATE]: state };
  for (let at = 0; at < marks.length; at += IN_ONE) labels[MARKS + at / IN_ONE] = marks.slice(at, at + IN_ONE).join('-');
  return labels;
}

/** Undefined for a job that does not tell. */
export function rowsOf({ configuration }: JobResource): LoadSeen | undefined {
  const labels = configuration?.labels ?? {};
  const rows = Number(labels[ROWS]);
  const digest = labels[DIGEST];
  if (!Number.isSafeInteger(rows) || digest === undefined) return undefined;
  const marks: string[] = [];
  for (let i = 0, text = labels[`${MARKS}0`]; text !== undefined; text = labels[MARKS + ++i]) marks.push(...text.split('-'));
  return { rows, digest, marks, state: labels[STATE] ?? '' };
}
