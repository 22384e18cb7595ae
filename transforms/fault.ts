/** What becomes of a record (or of a value) that an operation cannot take. There is no "keep": a clear value never passes for want of a better one. */
export type OnError = 'fail' | 'quarantine' | 'drop_record' | 'null' | 'redact';

export const ON_ERROR = ['fail', 'quarantine', 'drop_record', 'null', 'redact'] as const satisfies readonly OnError[];

/** Thrown by an operation for a value that it cannot take. The message is for people and holds no value. */
export class ValueFault extends Error {
  /** A stable word for programs, kebab-case: `datetime-format`, `out-of-range`. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.name = 'ValueFault';
    this.rule = rule;
  }
}

/** What becomes of a record that a rule cannot take, where the user has said what becomes of values that an operation cannot take. */
export function recordPolicy(onError: OnError | undefined): RecordFault['policy'] {
  return onError === 'fail' || onError === 'drop_record' ? onError : 'quarantine';
}

/** A fault of one record, with all that is needed to decide what becomes of it. Holds no value. */
export class RecordFault extends Error {
  readonly policy: Exclude<OnError, 'null' | 'redact'>;
  readonly rule: string;
  /** The field, as a path; undefined if the record as a whole is meant. */
  readonly field: string | undefined;

  constructor(o: { policy: Exclude<OnError, 'null' | 'redact'>; rule: string; field: string | undefined; message: string }) {
    super(o.message);
    this.name = 'RecordFault';
    this.policy = o.policy;
    this.rule = o.rule;
    this.field = o.field;
  }
}
