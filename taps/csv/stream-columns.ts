import type { Log } from '../../singer/tap/index.ts';
import { InputError } from '../../singer/tap/index.ts';
import { ROW_HASH } from './columns.ts';
import type { Entry } from './entries.ts';
import type { Header } from './header.ts';

/** Gathers the columns of a stream from the headers of its files, one after the other. */
export class StreamColumns {
  readonly names = new Set<string>();
  readonly #stream: string;
  readonly #keys: readonly string[];
  readonly #made: ReadonlySet<string>;
  readonly #log: Log;
  readonly #lacking: FileColumns[] = [];
  readonly #refused: FileColumns[] = [];
  /** Names that `rename` speaks of and no header has had so far. */
  readonly #renames = new Map<string, boolean>();
  #any = false;

  constructor(stream: string, keys: readonly string[], made: ReadonlySet<string>, log: Log) {
    this.#stream = stream;
    this.#keys = keys;
    this.#made = made;
    this.#log = log;
  }

  /** The next file; `header` is undefined if nothing stands in it, or nothing is left of it. */
  add(file: string, entry: Entry, header: Header | undefined): void {
    const stream = this.#stream;
    if (header === undefined) {
      this.#log.warn('The file has no header and no rows', { stream, file });
      return;
    }
    const { renamed } = header;
    if (renamed.length > 0) {
      this.#log.warn('Columns with an empty or repeated name got another', { stream, file, columns: renamed });
    }
    if (entry.duplicate_headers === 'last' && header.duplicates.length > 0) {
      const facts = { stream, file, columns: header.duplicates };
      this.#log.warn('Of several columns with the same name only the last is sent', facts);
    }
    for (const name of Object.keys(entry.rename ?? {})) {
      this.#renames.set(name, this.#renames.get(name) === true || header.renamesUsed.includes(name));
    }
    const present = new Set(header.columns);
    const absent = this.#keys.filter((key) => key !== ROW_HASH && !present.has(key) && !this.#made.has(key));
    if (absent.length > 0) this.#lacking.push({ file, columns: absent });
    const added = [...present].filter((column) => column !== undefined && !this.names.has(column)) as string[];
    if (entry.extra_columns === 'evolve' || !this.#any) for (const column of added) this.names.add(column);
    else if (added.length > 0) this.#extra(file, entry, added);
    this.#any = true;
  }

  /** After the last file. Throws InputError, which names every file, for keys that are missing and columns that are refused. */
  end(): void {
    const stream = this.#stream;
    if (this.#lacking.length > 0) {
      throw new InputError(`Stream ${stream}: key columns are missing: ${listed(this.#lacking, 'has no column')}`, {
        code: 'csv-key-missing',
        facts: { stream, files: this.#lacking },
        hint: 'Name columns of the header in keys; names count as they are written, also upper and lower case.',
      });
    }
    if (this.#refused.length > 0) throw extraColumnsError(stream, this.#refused);
    const unused = [...this.#renames].flatMap(([name, used]) => (used ? [] : [name]));
    if (unused.length > 0) this.#log.warn('rename names columns that no file has', { stream, columns: unused });
    // Without a single header the keys are all that is known.
    if (this.names.size === 0) for (const key of this.#keys) if (!this.#made.has(key)) this.names.add(key);
  }

  #extra(file: string, entry: Entry, columns: readonly string[]): void {
    if (entry.extra_columns === 'fail') this.#refused.push({ file, columns });
    else {
      const fate = entry.extra_columns === 'extra' ? 'go to _sdc_extra' : 'are left out';
      this.#log.warn(`Columns that the first file does not have ${fate}`, { stream: this.#stream, file, columns });
    }
  }
}

export interface FileColumns {
  readonly file: string;
  readonly columns: readonly string[];
}

/** With `extra_columns: fail`. */
export function extraColumnsError(stream: string, files: readonly FileColumns[]): InputError {
  return new InputError(`Stream ${stream}: columns that the stream does not have: ${listed(files, 'has also')}`, {
    code: 'csv-extra-column',
    facts: { stream, files },
    hint: 'Set extra_columns to evolve, ignore or extra, or repair the file.',
  });
}

function listed(files: readonly FileColumns[], verb: string): string {
  return files.map(({ file, columns }) => `${file} ${verb} ${columns.join(', ')}`).join('; ');
}
