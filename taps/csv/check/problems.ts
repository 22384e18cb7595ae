import type { Log } from '../../../singer/tap/index.ts';
import { InputError } from '../../../singer/tap/index.ts';
import type { Entry } from '../entries.ts';
import type { FileFacts, KeyFacts } from './facts.ts';

/** Says nothing: what a run would tell stands in the report. */
export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  warnOnce: () => undefined,
  conceal: () => undefined,
};

/** The message of an error of the input: it is a finding. Anything else ends the check. */
export function told(error: unknown): string {
  if (error instanceof InputError) return error.message;
  throw error;
}

export function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** What a file's part of malformed rows comes to. */
export function rateProblem(facts: FileFacts, entry: Entry, malformed: number): string[] {
  const all = malformed + facts.rows;
  if (entry.on_error === 'fail' || malformed <= (entry.max_error_rate ?? 1) * all) return [];
  return [`${facts.file}: ${malformed} of ${rowsText(all)} are malformed (max_error_rate)`];
}

/** What a stream's number of malformed rows comes to. */
export function limitProblem(entries: readonly Entry[], malformed: number): string[] {
  const most = Math.min(...entries.map((entry) => entry.max_errors ?? Infinity));
  return malformed > most ? [`${rowsText(malformed)} are malformed, more than max_errors allows`] : [];
}

/** What a target could not keep apart. */
export function dataProblems(key: KeyFacts | undefined): string[] {
  if (key === undefined) return [];
  const problems: string[] = [];
  if (key.duplicates > 0) {
    problems.push(
      `the key ${key.columns.join(', ')} is not unique: ${rowsText(key.duplicates)} with a key that was there before`,
    );
  }
  if (key.nulls > 0) problems.push(`${rowsText(key.nulls)} without a value in a key column`);
  return problems;
}
