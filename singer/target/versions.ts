import { memberRange } from '../json-bytes.ts';
import { parseExact } from '../json-text.ts';
import { versionOf } from './message.ts';

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/** What an ACTIVATE_VERSION leads to. */
export type Activation =
  /** Rows of the version came: all before it can be activated. */
  | 'now'
  /** It came before any row of its version. */
  | 'waits'
  /** It is in force already. */
  | 'repeated'
  /** Rows without a version came: they would be deleted with the old ones. */
  | 'unversioned';

/**
 * Which versions the rows of one stream have in this run, so that no version is activated that did not come. Rows of the
 * fast lane are looked at too, but only while all rows have had a version: a stream whose first row has none is not
 * looked at again.
 */
export class Versions {
  /** True as soon as a row came that has no (exact) version. */
  #unversioned = false;
  readonly #seen = new Set<number>();
  /** What the newest ACTIVATE_VERSION asked for, until it is in force. */
  #waiting: number | undefined;
  #active: number | undefined;
  #rowsSinceActive = false;
  #sign: Sign | undefined;

  /** True while `lines` wants to see what the fast lane has taken. */
  get looks(): boolean {
    return !this.#unversioned;
  }

  /** True if a version was activated and no row came after that: the stream is then complete, whatever STATEs say. */
  get ended(): boolean {
    return this.#active !== undefined && !this.#rowsSinceActive;
  }

  /** The version in force by this run; undefined if none. */
  get active(): number | undefined {
    return this.#active;
  }

  /** A row came; `version` is undefined if it has none that is exact. */
  row(version: number | undefined): void {
    this.#rowsSinceActive = true;
    if (version === undefined) this.#unversioned = true;
    else this.#seen.add(version);
  }

  /** A row came that is not loaded: a version of which there is no other has none. */
  isolated(): void {
    this.#rowsSinceActive = true;
  }

  /** RECORD lines of the stream came: `bytes[start..end)`, each valid JSON and ending with a newline. */
  lines(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end && !this.#unversioned;) {
      const stop = bytes.indexOf(NEWLINE, at) + 1;
      if (!this.#sign?.stands(bytes, at, stop)) this.#read(bytes, at, stop);
      at = stop;
    }
    this.#rowsSinceActive = true;
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const range = memberRange(bytes, start, end, 'version');
    const version = range === undefined ? undefined : versionOf(parseExact(bytes.toString('utf8', range[0], range[1])));
    this.row(version);
    if (version !== undefined) this.#sign = Sign.of(bytes.subarray(start, end), range![0] - start, range![1] - start);
  }

  /** An ACTIVATE_VERSION came. */
  activate(version: number): Activation {
    if (this.#active === version && this.#waiting === undefined && !this.#rowsSinceActive) return 'repeated';
    this.#waiting = version;
    if (this.#unversioned) return 'unversioned';
    if (!this.#seen.has(version)) return 'waits';
    this.#inForce(version);
    return 'now';
  }

  /**
   * The version that waits at the end of the input, and whether rows of it came; undefined if none waits or one without a chance.
   */
  waiting(): { readonly version: number; readonly came: boolean } | undefined {
    if (this.#waiting === undefined || this.#unversioned) return undefined;
    return { version: this.#waiting, came: this.#seen.has(this.#waiting) };
  }

  /** The waiting version is activated after all. */
  activateWaiting(): void {
    if (this.#waiting !== undefined) this.#inForce(this.#waiting);
  }

  #inForce(version: number): void {
    this.#active = version;
    this.#waiting = undefined;
    this.#rowsSinceActive = false;
  }
}

/**
 * The bytes by which a line shows its version without being read: its beginning up to the version, or the version's member at
 * the same distance from the end. Lines with the same bytes there have the same version.
 */
class Sign {
  readonly #text: Buffer;
  /** How far before the line's end the text stands; 0: it is the line's beginning. */
  readonly #back: number;

  private constructor(text: Buffer, back: number) {
    this.#text = Buffer.from(text);
    this.#back = back;
  }

  /** `from` and `to`: where the version's value stands in the line. Undefined if it cannot be known again this way. */
  static of(line: Buffer, from: number, to: number): Sign | undefined {
    const record = memberRange(line, 0, line.length, 'record');
    if (record === undefined) return undefined;
    // With the byte after it, so that 12 is not the beginning of 123.
    if (from < record[0]) return new Sign(line.subarray(0, to + 1), 0);
    // With the comma before its name, so that the name is not the end of another.
    const comma = line.lastIndexOf(COMMA, from);
    return new Sign(line.subarray(comma, to + 1), line.length - comma);
  }

  stands(bytes: Buffer, start: number, end: number): boolean {
    const text = this.#text;
    const at = this.#back === 0 ? start : end - this.#back;
    if (at < start || at + text.length > end) return false;
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
    return this.#back === 0 || closesOnce(bytes, at, end);
  }
}

/** True if there is one closing brace in the range: what stands before it is a member of the message, not of its record. */
function closesOnce(bytes: Buffer, start: number, end: number): boolean {
  let braces = 0;
  for (let at = start; at < end; at++) if (bytes[at] === CLOSE_BRACE) braces++;
  return braces === 1;
}
