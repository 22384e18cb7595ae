import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemError } from '../../singer/index.ts';
import { type Beats, heldOf, keyOf, type Line } from './held-lines.ts';

/** So many runs of one size are merged into one. */
const FAN_IN = 32;
const CHUNK_BYTES = 64 * 1024;
/** What is read at once of each of the runs that are merged. */
const READ_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/**
 * Held records on disk: files of lines in a private folder of the system's temporary ones, each sorted by key with one line per key.
 * Throws SystemError `spill-failed`.
 */
export class Runs {
  readonly #beats: Beats;
  #folder: string | undefined;
  #files = 0;
  #runs: { readonly path: string; readonly level: number }[] = [];

  constructor(beats: Beats) {
    this.#beats = beats;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Writes lines, sorted by key, one of each, as one more run. */
  add(lines: Iterable<Line>): void {
    orFailed(() => {
      this.#write(lines, 0);
      for (let level = 0; ; level++) {
        const full = this.#runs.filter((run) => run.level === level);
        if (full.length < FAN_IN) return;
        this.#write(this.#merge(full.map(({ path }) => path)), level + 1);
        for (const { path } of full) rmSync(path);
        this.#runs = this.#runs.filter((run) => run.level !== level);
      }
    });
  }

  /** The best line of each key, in the order of the keys; each is there until the next one is asked for. The runs are gone then. */
  *drain(): Generator<Line> {
    const paths = this.#runs.map(({ path }) => path);
    yield* this.#merge(paths);
    for (const path of paths) rmSync(path);
    this.#runs = [];
  }

  /** Removes everything. */
  close(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#runs = [];
    this.#folder = undefined;
  }

  #write(lines: Iterable<Line>, level: number): void {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'tapline-'));
    const path = join(this.#folder, `${this.#files++}.jsonl`);
    const file = openSync(path, 'wx', 0o600);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let used = 0;
      const flush = (): void => {
        writeAll(file, chunk.subarray(0, used));
        used = 0;
      };
      for (const { bytes, start, end } of lines) {
        if (used + end - start > CHUNK_BYTES) flush();
        if (end - start > CHUNK_BYTES) writeAll(file, bytes.subarray(start, end));
        else used += bytes.copy(chunk, used, start, end);
      }
      flush();
    } finally {
      closeSync(file);
    }
    this.#runs.push({ path, level });
  }

  *#merge(paths: readonly string[]): Generator<Line> {
    const readers = paths.map((path) => readRun(path));
    try {
      const heads = readers.map((reader) => nextOf(reader));
      for (;;) {
        let first: Head | undefined;
        for (const head of heads) if (head !== undefined && (first === undefined || head.key < first.key)) first = head;
        if (first === undefined) return;
        const { key } = first;
        let best = first;
        for (const head of heads) {
          if (head?.key === key && head !== best && this.#beats(heldOf(head.line), heldOf(best.line))) best = head;
        }
        yield best.line;
        heads.forEach((head, i) => {
          if (head?.key === key) heads[i] = nextOf(readers[i]!);
        });
      }
    } finally {
      for (const reader of readers) reader.return(undefined);
    }
  }
}

interface Head {
  readonly key: string;
  readonly line: Line;
}

function nextOf(reader: Generator<Line, undefined>): Head | undefined {
  const { value } = reader.next();
  return value === undefined ? undefined : { key: keyOf(value), line: value };
}

/** The lines of a file; each is there until the next one is asked for. */
function* readRun(path: string): Generator<Line, undefined> {
  const file = openSync(path, 'r');
  try {
    let bytes = Buffer.allocUnsafe(READ_BYTES);
    let used = 0;
    for (;;) {
      if (used === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
      const count = readSync(file, bytes, used, bytes.length - used, null);
      if (count === 0) return undefined;
      used += count;
      let start = 0;
      for (let end = newlineIn(bytes, start, used); end >= 0; end = newlineIn(bytes, start, used)) {
        yield { bytes, start, end: end + 1 };
        start = end + 1;
      }
      bytes.copyWithin(0, start, used);
      used -= start;
    }
  } finally {
    closeSync(file);
  }
}

function newlineIn(bytes: Buffer, start: number, end: number): number {
  const at = bytes.indexOf(NEWLINE, start);
  return at < end ? at : -1;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

function orFailed(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof SystemError) throw error;
    throw new SystemError(`Records that wait for their duplicates could not be written into ${tmpdir()}`, {
      code: 'spill-failed',
      facts: { code: (error as NodeJS.ErrnoException).code },
      hint: 'Make room there, name another folder with TMPDIR, or raise memory in dedupe.',
      cause: error,
    });
  }
}
