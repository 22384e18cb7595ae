import type { Announcement, CoreConfig } from './announcement.ts';
import { RecordError } from '../errors.ts';
import { stripExact } from '../json-text.ts';
import type { JsonObject, Row } from '../json.ts';
import { lineText, placeFacts, type Place } from './place.ts';
import { noteText } from '../note-text.ts';
import type { Change, StreamHeader } from './destination.ts';

/** Records from which on `max_error_rate` says something. */
const RATE_FROM = 100;

/** The error for a record without one of its keys; undefined if it has them all. */
export function missingKey(record: JsonObject, { stream, keys }: StreamHeader, place: Place): RecordError | undefined {
  const key = keys.find((name) => !Object.hasOwn(record, name));
  if (key === undefined) return undefined;
  return new RecordError(`${lineText(place)}: a record of ${stream} lacks its key property ${key}`, {
    code: 'record-without-key',
    type: 'MissingKeyPropertiesError',
    facts: { stream, key, ...placeFacts(place) },
    hint: 'Mend the source, or set on_bad_record to quarantine.',
  });
}

/** What a record breaks in its schema, undefined if nothing. Never shows a value. */
export function violationIn(record: JsonObject, { header, validate }: Announcement, place: Place): RecordError | undefined {
  const violation = validate?.(stripExact(record));
  if (violation === undefined) return undefined;
  const { stream } = header;
  const { path, rule, message } = violation;
  return new RecordError(`${lineText(place)}: a record of ${stream} breaks its schema at ${path || '/'}: ${message}`, {
    code: 'record-invalid',
    type: 'InvalidRecord',
    facts: { stream, path, rule, ...topLevel(path), ...placeFacts(place) },
    hint: 'Mend the source or its schema, set on_bad_record to quarantine or null_value, or validate_records to false.',
  });
}

/** A fault that was found without knowing where the record stands: with its place, and with what can be done where it says nothing of that. */
export function placed(fault: RecordError, place: Place): RecordError {
  const {
    cause,
    code,
    facts,
    hint = 'Mend the source, or set on_bad_record to quarantine or null_value.',
    message,
    type,
  } = fault;
  if ('line' in facts) return fault;
  return new RecordError(`${lineText(place)}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, {
    code,
    type,
    facts: { ...facts, ...placeFacts(place) },
    hint,
    cause,
  });
}

/** The top-level property of a JSON pointer. */
function topLevel(path: string): { readonly property?: string } {
  const name = path.split('/')[1];
  return name === undefined ? {} : { property: name.replaceAll('~1', '/').replaceAll('~0', '~') };
}

/** The record with null in place of the property that `fault` names, noted in `changes`; undefined where null may not stand. */
export function withNull(record: Row, fault: RecordError, header: StreamHeader, changes: Change[]): Row | undefined {
  const name = fault.facts['property'];
  const column = header.columns.find((candidate) => candidate.name === name);
  // A value that is null and still wrong cannot be helped by null.
  if (column === undefined || !column.nullable || header.keys.includes(column.name) || record[column.name] === null)
    return undefined;
  const rule = fault.facts['rule'];
  const reason = typeof rule === 'string' ? `invalid-${rule}` : fault.code;
  changes.push({ column: column.name, reason, old: noteText(record[column.name]) });
  return { ...record, [column.name]: null };
}

/** Counts the records of a run, and the bad ones among them against its limits. */
export class RecordCount {
  readonly #limits: Limits;
  #records = 0;
  #bad = 0;
  /** Of those that came and were not bad: what the destination has refused. */
  #refused = 0;
  /** All records have come. */
  #whole = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** All that came, the bad ones too. */
  get records(): number {
    return this.#records;
  }

  came(records: number): void {
    this.#records += records;
  }

  /** One that came is bad. Throws RecordError `too-many-bad-records`. */
  isBad(): void {
    this.#bad++;
    this.#check();
  }

  /** So many in all have been refused by the destination. Throws RecordError `too-many-bad-records`. */
  refused(total: number): void {
    this.#refused = total;
    this.#check();
  }

  /** The input has ended. Throws RecordError `too-many-bad-records`. */
  ended(): void {
    this.#whole = true;
    this.#check();
  }

  #check(): void {
    const { max_errors: most, max_error_rate: rate } = this.#limits;
    const bad = this.#bad + this.#refused;
    if (most !== undefined && bad > most) throw this.#tooMany(bad);
    if (rate === undefined || this.#records === 0 || (this.#records < RATE_FROM && !this.#whole)) return;
    if (bad / this.#records > rate) throw this.#tooMany(bad);
  }

  #tooMany(bad: number): RecordError {
    return new RecordError(`${bad} of ${this.#records} records are bad: more than the run may have`, {
      code: 'too-many-bad-records',
      facts: { bad, records: this.#records, ...this.#limits },
      hint: 'See the log for what is wrong with them (the quarantine holds only those that a STATE covers); mend the source, or raise max_errors or max_error_rate.',
    });
  }
}

export type Limits = Pick<CoreConfig, 'max_errors' | 'max_error_rate'>;
