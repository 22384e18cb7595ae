import type { Fields, Log } from '../../singer/tap/index.ts';
import type { DialectVerdict } from './detect-dialect.ts';
import type { EncodingVerdict } from './detect-encoding.ts';

/** What was detected in a file; undefined where the settings say it. */
export interface Verdicts {
  readonly encoding?: EncodingVerdict | undefined;
  readonly dialect?: DialectVerdict | undefined;
}

/** Files named in a log line. */
const MAX_FILES = 20;

/** Tells what was detected in a stream's files: one line for all files of which the same was found. */
export class VerdictLog {
  readonly #found = new Map<string, { what: string; facts: Fields; files: string[]; doubtful: boolean }>();

  add(file: string, { encoding, dialect }: Verdicts): void {
    if (encoding !== undefined) {
      const { encoding: name, evidence, others } = encoding;
      // The evidence differs in numbers from file to file.
      this.#add('encoding', file, name, { encoding: name, evidence, ...(others.length > 0 ? { others } : {}) });
    }
    if (dialect !== undefined) {
      const { delimiter, quotechar, rows, columns, alike, others } = dialect;
      const facts = { delimiter, quotechar, rows, columns, rows_alike: alike, ...(others.length > 0 ? { others } : {}) };
      this.#add('delimiter', file, `${delimiter}${quotechar}`, facts);
    }
  }

  /** After the last file. */
  end(log: Log, stream: string): void {
    for (const { what, facts, files, doubtful } of this.#found.values()) {
      const fields = { stream, ...facts, count: files.length, files: files.slice(0, MAX_FILES) };
      if (doubtful)
        log.warn(`The ${what} of files was detected, but others would do as well: set ${what} if it is wrong`, fields);
      else log.info(`The ${what} of files was detected`, fields);
    }
    for (const what of ['encoding', 'delimiter']) {
      const kinds = [...this.#found.values()].filter((found) => found.what === what);
      if (kinds.length < 2) continue;
      const files = kinds.map((kind) => kind.files[0]!);
      log.warn(`The files of the stream differ in their ${what}`, { stream, kinds: kinds.length, files });
    }
  }

  #add(what: string, file: string, verdict: string, facts: Fields): void {
    const key = `${what}\n${verdict}`;
    const found = this.#found.get(key);
    if (found === undefined) this.#found.set(key, { what, facts, files: [file], doubtful: 'others' in facts });
    else found.files.push(file);
  }
}
