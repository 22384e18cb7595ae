import { QualityError, RecordError } from '../../singer/index.ts';
import type { Severity, Verdict } from '../check.ts';
import { RecordFault } from '../fault.ts';
import type { Threshold } from '../threshold.ts';

/** Records by number that the report names for each check. */
const SAMPLES = 5;

/** What a check is called, and what becomes of what breaks it. */
export interface JudgeOptions {
  readonly stream: string;
  readonly check: string;
  readonly field: string | undefined;
  /** Where it stands in the config. */
  readonly path: string;
  readonly severity: Severity;
  readonly threshold: Threshold | undefined;
}

/** What the report says of one check. */
export interface Finding extends Omit<JudgeOptions, 'threshold'> {
  readonly status: 'passed' | 'broken' | 'partial';
  readonly passed: number;
  readonly failed: number;
  readonly unjudged: number;
  readonly observed: number | string | undefined;
  /** The first records that broke it, by their number in the stream, from 1. */
  readonly samples: readonly number[];
}

/** Counts what a check says and does what its severity asks for. */
export class Judge {
  readonly #o: JudgeOptions;
  #passed = 0;
  #failed = 0;
  #unjudged = 0;
  readonly #samples: number[] = [];
  /** For checks of a whole stream. */
  verdict: (() => Verdict) | undefined;

  constructor(options: JudgeOptions) {
    this.#o = options;
  }

  pass(): void {
    this.#passed++;
  }

  /**
   * The record of that number in the stream breaks the check. Throws RecordFault for a record that is not to go on, QualityError for one
   * that ends the run.
   */
  break(record: number, violated: { readonly field: string | undefined; readonly message: string } | undefined): void {
    const { check, field, severity, threshold } = this.#o;
    this.#failed++;
    if (this.#samples.length < SAMPLES) this.#samples.push(record);
    if (severity === 'warn') return;
    if (threshold === undefined ? severity === 'fail' : 'count' in threshold && this.#failed > threshold.count)
      throw this.error();
    if (severity === 'fail') return;
    throw new RecordFault({
      policy: severity === 'drop' ? 'drop_record' : 'quarantine',
      rule: `check-${check}`,
      field: violated?.field ?? field,
      message: `the check ${check} does not hold${violated === undefined ? '' : `: ${violated.message}`}`,
    });
  }

  /** The check has no memory left. Throws RecordError unless it only warns. */
  unjudged(): void {
    const { check, severity, stream } = this.#o;
    this.#unjudged++;
    if (severity === 'warn') return;
    throw new RecordError(`The check ${check} of ${stream} has met more values than it has memory for`, {
      code: 'check-memory',
      facts: { stream, check },
      hint: 'Raise check_memory_mb, or give the check severity warn: it then says how many records it has not judged.',
    });
  }

  /** What it says so far. */
  finding(): Finding {
    const { threshold: _, ...about } = this.#o;
    const verdict = this.verdict?.();
    const passed = verdict?.passed ?? this.#passed;
    const failed = verdict?.failed ?? this.#failed;
    const isPartial = this.#unjudged > 0 || verdict?.isPartial === true;
    return {
      ...about,
      status: this.#exceeds(failed, passed + failed) ? 'broken' : isPartial ? 'partial' : 'passed',
      passed,
      failed,
      unjudged: this.#unjudged,
      observed: verdict?.observed,
      samples: this.#samples,
    };
  }

  /** True if a check that is broken ends the run. */
  get isFatal(): boolean {
    const { severity, threshold } = this.#o;
    return severity === 'fail' || (severity !== 'warn' && threshold !== undefined);
  }

  /** The error by which the check ends the run. */
  error(): QualityError {
    const { check, field, path, stream } = this.#o;
    const { failed, observed } = this.finding();
    const where = field === undefined ? '' : ` of ${field}`;
    return new QualityError(`The check ${check}${where} in ${stream} broke`, {
      code: 'check-broken',
      facts: { stream, check, field, rules: path, failed, ...(observed === undefined ? {} : { observed }) },
      hint: 'What came before it has been sent on. Mend the source, or give the check another severity or threshold.',
    });
  }

  #exceeds(failed: number, all: number): boolean {
    const { severity, threshold } = this.#o;
    // A record put aside is what the check is for: only too many of them break it.
    if (threshold === undefined) return failed > 0 && (severity === 'warn' || severity === 'fail');
    return 'count' in threshold ? failed > threshold.count : failed > threshold.share * all;
  }
}
