/** The contract as black-box checks: any Singer executable can be put to them. */
import { Skipped, type Check, type Verdict } from './check.ts';
import { openLab, type Lab } from './lab.ts';
import { configChecks } from './plugin/config.ts';
import { flagChecks } from './plugin/flags.ts';
import { logChecks } from './plugin/logs.ts';
import { outputChecks } from './plugin/output.ts';
import { signalChecks } from './plugin/signals.ts';
import type { Subject } from './subject.ts';
import { discoveryChecks } from './tap/discovery.ts';
import { recordChecks } from './tap/records.ts';
import { selectionChecks } from './tap/selection.ts';
import { stateChecks } from './tap/state.ts';
import { durabilityChecks } from './target/durability.ts';
import { metadataChecks } from './target/metadata.ts';
import { readingChecks } from './target/reading.ts';
import { schemaChecks } from './target/schemas.ts';

export { Skipped, type Check, type Verdict } from './check.ts';
export type { Lab } from './lab.ts';
export { statement, statements, type Kind, type Mark, type Scope, type Statement } from './statements.ts';
export type { Config, Destination, Source, SourceWish, StoredRow, Subject } from './subject.ts';

/** Every check, by the number of its statement. */
export const checks: readonly Check[] = [
  flagChecks,
  configChecks,
  outputChecks,
  signalChecks,
  logChecks,
  discoveryChecks,
  selectionChecks,
  recordChecks,
  stateChecks,
  readingChecks,
  schemaChecks,
  durabilityChecks,
  metadataChecks,
]
  .flat()
  .sort((a, b) => a.number - b.number);

/** The checks that fit a subject. */
export function checksFor(subject: Subject): readonly Check[] {
  return checks.filter((check) => check.kinds.includes(subject.kind));
}

/** Opens a lab for the subject, works in it and closes it, whatever happens. */
export async function runLab(subject: Subject, work: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab(subject);
  try {
    await work(lab);
  } finally {
    await lab.close();
  }
}

/** Puts a subject to one check. Never throws: what went wrong is in the verdict. */
export async function runCheck(check: Check, subject: Subject): Promise<Verdict> {
  try {
    await runLab(subject, async (lab) => check.run(lab));
    return { status: 'holds' };
  } catch (error) {
    return error instanceof Skipped ? { status: 'skipped', reason: error.message } : { status: 'fails', error };
  }
}
