import { isUtf8 } from 'node:buffer';
import type { Json, JsonObject, Log, Out } from '../../../singer/tap/index.ts';
import { isJsonObject, parseExact } from '../../../singer/tap/index.ts';
import type { Entry } from '../entries.ts';
import type { FoundFile } from '../files.ts';
import type { Reason } from '../parser.ts';
import type { BadRow, RowPolicy } from '../policy.ts';
import { REJECT_BYTES } from '../policy.ts';
import type { Start } from '../resume.ts';
import { positionOf } from '../resume.ts';
import type { FileState, OpenRow } from '../state.ts';
import { badByte } from '../utf8.ts';
import type { LineCheck } from './line-check.ts';
import type { OpenedLines } from './open-lines.ts';
import { PropertyCounts } from './property-counts.ts';
import { fits, kindOf } from './record-types.ts';
import type { RecordLayout } from './record-writer.ts';
import { isSound, writeBytes, writeRecord } from './record-writer.ts';

export interface LinesJob {
  readonly file: FoundFile;
  readonly entry: Entry;
  /** Stands at `start`. */
  readonly opened: OpenedLines;
  readonly start: Start;
  readonly layout: RecordLayout;
  /** Undefined keeps every line in the general lane. */
  readonly check: LineCheck | undefined;
  /** After each batch: the bytes after a record, if they must change from now on. */
  readonly newTail: () => Buffer | undefined;
  /** Keys that must be in the records themselves. */
  readonly keys: readonly string[];
  readonly policy: RowPolicy;
  /** Send no more records than this. */
  readonly limit: number;
  readonly log: Log;
}

const LF = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Reads the records of one file into `out`. Yields how far it has come each time `out` is full, and gives it at the end.
 * Throws InputError for a malformed line when the policy says so.
 */
export async function* readLines(job: LinesJob, out: Out): AsyncGenerator<FileState, FileState> {
  const { file, entry, opened, start, layout, policy } = job;
  const { window } = opened;
  const counts = new PropertyCounts(layout);
  let { rows, line, open } = start;
  let left = job.limit;
  let blank = 0;
  let waiting = false;

  const position = (done: boolean): FileState => positionOf(opened, { rows, line, done, open });

  while (left > 0) {
    if (out.full) {
      yield position(false);
      layout.tail = job.newTail() ?? layout.tail;
    }
    const before = left;
    left = takeLines(job, out, line, left);
    line += before - left;
    rows += before - left;
    if (before > left) open = undefined;
    if (left === 0 || out.full) continue;
    const lineEnd = await endOfLine(job);
    let terminated = lineEnd >= 0;
    const from = window.start;
    const end = terminated ? lineEnd : window.end;
    if (!terminated && from === end) break;
    if (!terminated && window.eof && entry.mode === 'append') {
      waiting = true;
      break;
    }
    const next = terminated ? end + 1 : end;
    const row: OpenRow = { offset: window.offset, rows, line };
    const bad = (reason: Reason, column?: string, byte = -1): BadRow => ({
      reason,
      line,
      cell: 0,
      column,
      byte,
      raw: window.bytes.subarray(from, Math.min(end, from + REJECT_BYTES)),
      truncated: end - from > REJECT_BYTES,
    });
    if (end - from > entry.max_field_bytes) {
      policy.malformed(bad('field-too-long'));
      if (terminated) window.start = next;
      else terminated = await passLine(job);
    } else {
      const text = window.bytes.toString('utf8', from, end);
      if (text.trim() === '') blank++;
      else {
        const record = end <= window.valid || isUtf8(window.bytes.subarray(from, end)) ? recordOf(text) : 'bad-byte';
        if (record === 'bad-byte') {
          policy.malformed(bad(record, undefined, row.offset + badByte(window.bytes, from, end) - from));
        } else if (typeof record === 'string') policy.malformed(bad(record));
        else if (keep(record, job, counts, bad, line)) {
          if (isSound(layout, record)) writeBytes(layout, window.bytes, ...insideOf(window.bytes, from, end), line, out);
          else counts.add(writeRecord(layout, record, line, out), line);
          rows++;
          left--;
        }
      }
      window.start = next;
    }
    line++;
    open = terminated ? undefined : row;
  }

  if (blank > 0) job.log.info('Empty lines and comments were passed over', { file: file.key, lines: blank });
  if (waiting) job.log.info('The last row has no line break yet and waits for the next run', { file: file.key, line });
  counts.report(job.log, file.key);
  policy.report(rows - start.rows);
  return position(left > 0 && !waiting);
}

/** The fast lane: sends the whole lines at hand that may leave as they are; gives how many records are still wanted. */
function takeLines({ opened: { window }, entry, layout, check }: LinesJob, out: Out, firstLine: number, wanted: number): number {
  if (check === undefined) return wanted;
  const { bytes, linesEnd } = window;
  const { place } = check;
  let left = wanted;
  let line = firstLine;
  while (left > 0 && !out.full) {
    const from = window.start;
    if (from >= linesEnd || !check.accepts(bytes, from, linesEnd)) break;
    const next = place.lineEnd;
    if (next - 1 - from > entry.max_field_bytes) break;
    writeBytes(layout, bytes, place.start, place.end, line++, out);
    left--;
    window.start = next;
  }
  return left;
}

/** Whether a record can be sent, by the entry's policies. Throws InputError. */
function keep(
  record: JsonObject,
  { keys, entry, layout, policy }: LinesJob,
  counts: PropertyCounts,
  bad: (reason: Reason, column: string) => BadRow,
  line: number,
): boolean {
  for (const key of keys) {
    if (Object.hasOwn(record, key) && (record[key] ?? null) !== null) continue;
    if (!policy.sendsNullKeys) {
      policy.malformed(bad('null-key', key));
      return false;
    }
    counts.nullKey(key, line);
  }
  const refused = refusedBy(entry, record, layout);
  if (refused === undefined) return true;
  policy.malformed(bad(refused.reason, refused.name));
  return false;
}

/** The first property that makes a record malformed by the entry's policies. */
function refusedBy(
  { on_type_error, extra_columns }: Pick<Entry, 'on_type_error' | 'extra_columns'>,
  record: JsonObject,
  { known, properties }: RecordLayout,
): { reason: Reason; name: string } | undefined {
  if (on_type_error !== 'malformed' && extra_columns !== 'fail') return undefined;
  for (const [name, value = null] of Object.entries(record)) {
    const kinds = properties.get(name);
    if (kinds !== undefined) {
      if (on_type_error === 'malformed' && !fits(kinds, kindOf(value))) return { reason: 'type-mismatch', name };
    } else if (extra_columns === 'fail' && !known.has(name)) return { reason: 'extra-property', name };
  }
  return undefined;
}

/** Where the inside of a line's outer braces begins and ends. */
function insideOf(bytes: Buffer, start: number, end: number): [start: number, end: number] {
  return [bytes.indexOf(OPEN_BRACE, start) + 1, bytes.lastIndexOf(CLOSE_BRACE, end - 1)];
}

/** The object that a line is, or why it is none. */
function recordOf(text: string): JsonObject | 'not-json' | 'name-twice' {
  let value: Json;
  try {
    value = parseExact(text);
  } catch {
    return 'not-json';
  }
  if (!isJsonObject(value)) return 'not-json';
  return Object.keys(value).length === membersOf(text) ? value : 'name-twice';
}

/** Number of members of the object that the text is, those of the same name counted each. */
function membersOf(text: string): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    else if (sign === ':' && depth === 1) members++;
  }
  return members;
}

/** Offset of the line feed that ends the line in hand, -1 if the file ends before one, or the line is longer than allowed. */
async function endOfLine({ opened: { window }, entry }: LinesJob): Promise<number> {
  let from = window.start;
  for (;;) {
    const at = window.bytes.indexOf(LF, from);
    if (at >= 0 && at < window.end) {
      if (window.valid < window.end) window.validate();
      return at;
    }
    const seen = window.end - window.start;
    if (window.eof || seen > entry.max_field_bytes) return -1;
    await window.fill();
    from = window.start + seen;
  }
}

/** Passes over the rest of a line that is too long; false if the file ends before the line does. */
async function passLine({ opened: { window } }: LinesJob): Promise<boolean> {
  for (;;) {
    const at = window.bytes.indexOf(LF, window.start);
    if (at >= 0 && at < window.end) {
      window.start = at + 1;
      return true;
    }
    window.start = window.end;
    if (window.eof) return false;
    await window.fill();
  }
}
