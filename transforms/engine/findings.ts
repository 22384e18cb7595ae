import { Quality } from '../checks/quality.ts';
import { type Report, tellFindings, writeReport } from './report.ts';
import type { RuleSet } from './rule-set.ts';

/** What the checks of a run find: gathered during it, told once, whatever happened. */
export class Findings {
  readonly quality: Quality;
  readonly #rules: RuleSet;
  readonly #isKept: boolean;
  readonly #started = new Date();
  #isTold = false;

  /** `isKept`: the file of the report is written, if there is to be one. */
  constructor({ rules, isKept }: { rules: RuleSet; isKept: boolean }) {
    this.quality = new Quality(rules.checkMemoryBytes);
    this.#rules = rules;
    this.#isKept = isKept;
  }

  /** Tells the log and the file of the report. Throws SystemError if that cannot be written. */
  async tell({ complete }: { complete: boolean }): Promise<Report> {
    const { log, report } = this.#rules;
    this.#isTold = true;
    const checks = this.quality.findings();
    const told = { started: this.#started.toISOString(), ended: new Date().toISOString(), complete, checks };
    tellFindings(checks, log, complete);
    if (this.#isKept && report.file !== undefined) await writeReport(report.file, told);
    return told;
  }

  /** At the end of a run that has come to no report: tells what there is. */
  async close(): Promise<void> {
    if (!this.#isTold && this.quality.size > 0) await this.tell({ complete: false });
  }
}
