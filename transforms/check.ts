import type { Config, Json, JsonSchema, Setting, Settings } from '../singer/index.ts';
import type { Fields } from './operation.ts';
import type { RecordView } from './record.ts';
import type { RuleContext, RuleExample, Shape, Watch } from './rule.ts';

/** What a check knows while it is compiled. */
export interface CheckContext extends RuleContext {
  /** What the check remembers from record to record, whatever SCHEMAs come between; made on first use. */
  keep<T>(name: string, make: () => T): T;
}

/** A check compiled for one SCHEMA of a stream. */
export type PreparedCheck = RecordCheck | StreamCheck;

/** Says of each record whether it is right. */
export interface RecordCheck {
  readonly kind: 'record';
  /** The field that is looked at, as a path; undefined: several, or the record as a whole. */
  readonly field: string | undefined;
  /** Undefined: it cannot tell, for want of memory. */
  passes(record: RecordView): boolean | undefined | Violated;
}

/** A record is wrong, and where. */
export interface Violated {
  readonly field: string | undefined;
  /** Holds no value. */
  readonly message: string;
}

/** Says of the stream as a whole, at the end of the run, whether it is right. */
export interface StreamCheck {
  readonly kind: 'stream';
  readonly field: string | undefined;
  /** A record that has passed all other checks. */
  see(record: Fields): void;
  verdict(): Verdict;
}

export interface Verdict {
  /** Of groups, where it looks at several; else of the stream, which is one. */
  readonly passed: number;
  readonly failed: number;
  /** What was counted or measured. */
  readonly observed?: number | string;
  /** It has not seen all, for want of memory. */
  readonly isPartial?: boolean;
}

/** A check, a literal given to `defineCheck`, listed in `transforms/checks/index.ts`. Its name is the word in the config. */
export interface Check<P extends Settings = Settings> {
  readonly name: string;
  /** Those of streams can end the run or tell, not put a record aside. */
  readonly of: 'record' | 'stream';
  /** One sentence for the docs page. */
  readonly summary: string;
  readonly parameters: P;
  /** The parameter that a bare value stands for: `{ unique: [id] }`. */
  readonly main?: string;
  /** Run in the tests. */
  readonly examples: readonly RuleExample[];
  /** Names of other streams whose values it wants to have seen. */
  watches?(parameters: Config<P>): readonly Watch[];
  prepare(parameters: Config<P>, shape: Shape, context: CheckContext): readonly PreparedCheck[];
}

export function defineCheck<const P extends Settings>(check: Check<P>): Check<P> {
  return check;
}

/** A check of one value: for a field's step `check`, and with `field` for a stream. */
export interface ValueCheck<P extends Settings = Settings> {
  readonly name: string;
  readonly summary: string;
  readonly parameters: P;
  readonly main?: string;
  /** It is asked of null and absent values too; others are not. */
  readonly takesNull?: true;
  /** True for values that are right. Tells `problem` what is wrong with the parameters. */
  prepare(parameters: Config<P>, schema: JsonSchema, problem: (message: string, at?: string) => void): (value: Json) => boolean;
}

export function defineValueCheck<const P extends Settings>(check: ValueCheck<P>): ValueCheck<P> {
  return check;
}

export type Severity = 'warn' | 'quarantine' | 'drop' | 'fail';

/** Parameters that every check takes beside its own. */
export const COMMON_CHECK_PARAMETERS = {
  severity: {
    type: 'string',
    options: ['warn', 'quarantine', 'drop', 'fail'],
    description:
      'What becomes of a record that breaks it: `warn` lets it pass and tells, `quarantine` puts it aside, `drop` leaves it out, `fail` ends the run with exit code 3. `quarantine` unless set; for checks of a whole stream `fail`, and only `warn` beside it.',
  },
  threshold: {
    type: ['integer', 'string'],
    description:
      'So many records (`10`), or such a share of those that were checked (`1%`, told at the end of the run), may break it: `warn` then keeps quiet and `fail` goes on; with `quarantine` and `drop` more end the run as `fail` does.',
  },
  when: {
    type: ['string', 'array', 'object'],
    description: 'Only records for which this holds are checked: an expression, or conditions as `where` takes them.',
  },
} as const satisfies Record<string, Setting>;
