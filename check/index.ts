/** The contract as black-box checks: any Singer executable can be put to them. */
import { Skipped, type Check, type Verdict } from './check.ts';
import { openLab, type Lab } from './lab.ts';
import { changingChecks } from './mapper/changing.ts';
import { passingChecks } from './mapper/passing.ts';
import { privacyChecks } from './mapper/privacy.ts';
import { configChecks } from './plugin/config.ts';
import { flagChecks } from './plugin/flags.ts';
import { logChecks } from './plugin/logs.ts';
import { outputChecks } from './plugin/output.ts';
import { signalChecks } from './plugin/signals.ts';
import type { Subject } from './subject.ts';
import { tapBatchChecks } from './tap/batches.ts';
import { discoveryChecks } from './tap/discovery.ts';
import { recordChecks } from './tap/records.ts';
import { selectionChecks } from './tap/selection.ts';
import { stateChecks } from './tap/state.ts';
import { batchChecks } from './target/batches.ts';
import { durabilityChecks } from './target/durability.ts';
import { metadataChecks } from './target/metadata.ts';
import { readingChecks } from './target/reading.ts';
import { schemaChecks } from './target/schemas.ts';
import { versionChecks } from './target/versions.ts';

export { Skipped, type Check, type Verdict } from './check.ts';
export type { Lab } from './lab.ts';
export { statement, statements, type Kind, type Mark, type Scope, type Statement } from './statements.ts';
export { waysAmong, type Way } from './ways.ts';
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
  tapBatchChecks,
  passingChecks,
  changingChecks,
  privacyChecks,
  readingChecks,
  schemaChecks,
  durabilityChecks,
  metadataChecks,
  versionChecks,
  batchChecks,
]
  .flat()
  .sort((a, b) => a.number - b.number);

/** The checks that fit a subject. */
export function checksFor(subject: Subject): readonly Check[] {
  return checks.filter((check) => check.kinds.includes(subject.kind));
}

export interface LabOptions {
  /** True: the lab's folder stays. */
  readonly keep?: boolean;
  /** Work is given up, as skipped, when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a lab for the subject, works in it and closes it, whatever happens. */
export async function runLab(subject: Subject, work: (lab: Lab) => Promise<void>, options: LabOptions = {}): Promise<void> {
  const lab = await openLab(subject, options);
  try {
    await unlessAborted(options.signal, work(lab));
  } finally {
    await lab.close();
  }
}

async function unlessAborted(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
  if (signal === undefined) return work;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Skipped('it was stopped'));
    signal.addEventListener('abort', stop);
  });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Puts a subject to one check. Never throws: what went wrong is in the verdict.
 * @param options `milliseconds`: the check is given up, as skipped, after this time
 */
export async function runCheck(
  check: Check,
  subject: Subject,
  options: LabOptions & { readonly milliseconds?: number } = {},
): Promise<Verdict> {
  const { milliseconds } = options;
  try {
    await runLab(
      subject,
      async (lab) => (milliseconds === undefined ? check.run(lab) : within(milliseconds, check.run(lab))),
      options,
    );
    return { status: 'holds' };
  } catch (error) {
    return error instanceof Skipped ? { status: 'skipped', reason: error.message } : { status: 'fails', error };
  }
}

/** The work's own outcome, or, when that takes too long, `Skipped`; its outcome then comes to nothing. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Skipped(`it came to no end within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
