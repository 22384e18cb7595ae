import type { JsonSchema, Log } from '../../../singer/tap/index.ts';
import { ConfigError, isJsonObject } from '../../../singer/tap/index.ts';
import type { RowParser } from '../parser.ts';
import type { Window } from '../window.ts';
import type { CellWriter } from './cell-writer.ts';
import { cellWriter } from './cell-writer.ts';
import type { ColumnType, TypeName, TypeOptions } from './column-type.ts';
import { declaredTypes, isTimeType, plainType, typeOfSchema } from './column-type.ts';
import type { Offsets, ReadForm } from './convert.ts';
import { UTC_OFFSETS } from './convert.ts';
import { ColumnEvidence } from './infer.ts';

/** What types need of an entry. */
export interface TypedEntry extends TypeOptions {
  readonly infer_rows: number;
  readonly empty_as_null: boolean;
}

/** Bytes of a file that are looked at, at most. */
const SAMPLE_BYTES = 4 * 1024 * 1024;
/** So many files are looked at in full measure; more share what these would give. */
const FULL_FILES = 10;
/** Rows that a file gives at least. */
const LEAST_ROWS = 100;

/** A file that stands at its first row. */
export interface SampledFile {
  readonly window: Window;
  readonly parser: RowParser;
  readonly header: { readonly columns: readonly (string | undefined)[] } | undefined;
}

/** Finds the types of a stream's columns: those that the settings give, and what the first rows of the files tell. */
export class TypeSurvey {
  readonly #stream: string;
  readonly #files: number;
  readonly #declared: ReadonlyMap<TypedEntry, ReadonlyMap<string, ColumnType>>;
  readonly #names = new Map<string, TypeName>();
  readonly #evidence = new Map<string, ColumnEvidence>();
  #rows = 0;

  /** Throws ConfigError if two entries of the stream give a column different types. */
  constructor(stream: string, entries: readonly TypedEntry[], files: number) {
    this.#stream = stream;
    this.#files = files;
    this.#declared = new Map(entries.map((entry) => [entry, declaredTypes(entry)]));
    for (const types of this.#declared.values()) {
      for (const [column, { name }] of types) {
        const other = this.#names.get(column) ?? name;
        if (other !== name) {
          const message = `the entries of the stream ${stream} give the column ${column} the types ${other} and ${name}`;
          throw new ConfigError([{ path: 'files', message }]);
        }
        this.#names.set(column, name);
      }
    }
  }

  /** Looks at the first rows of a file if its entry asks for that. The file stands where it stood. */
  async sample(entry: TypedEntry, file: SampledFile): Promise<void> {
    const { header } = file;
    if (entry.infer_types === 'none' || header === undefined) return;
    const share = this.#files <= FULL_FILES ? entry.infer_rows : Math.ceil((entry.infer_rows * FULL_FILES) / this.#files);
    const limit = Math.min(entry.infer_rows, Math.max(LEAST_ROWS, share));
    const evidence = header.columns.map((column) =>
      column === undefined || this.#names.has(column) ? undefined : this.#of(column),
    );
    const nulls = new Set(entry.null_values);
    const offsets = await offsetsOf(entry.zone);
    this.#rows += await eachRow(file, limit, (row) => {
      for (let cell = 0; cell < evidence.length && cell < row.cells; cell++) {
        const column = evidence[cell];
        const start = cell === 0 ? 0 : row.ends[cell - 1]!;
        const end = row.ends[cell]!;
        if (column === undefined || start === end) continue;
        if (nulls.size > 0 && nulls.has(row.bytes.toString('utf8', start, end))) continue;
        column.add(row.bytes, start, end, offsets);
      }
    });
  }

  #of(column: string): ColumnEvidence {
    let evidence = this.#evidence.get(column);
    if (evidence === undefined) this.#evidence.set(column, (evidence = new ColumnEvidence()));
    return evidence;
  }

  /** Ends the survey and tells what it found. `columns`: all that the stream has. */
  end(columns: ReadonlySet<string>, log: Log): StreamTypes {
    const unknown = [...this.#names.keys()].filter((column) => !columns.has(column));
    if (unknown.length > 0) {
      log.warn('types names columns that the stream does not have', { stream: this.#stream, columns: unknown });
    }
    const inferred: Record<string, TypeName> = {};
    for (const [column, evidence] of this.#evidence) {
      if (evidence.type !== 'string') inferred[column] = evidence.type;
    }
    const stream = this.#stream;
    if (this.#evidence.size > 0)
      log.info('Column types were inferred; the others are text', { stream, rows: this.#rows, types: inferred });
    const zoneless = [...this.#evidence].flatMap(([column, { zoneless, seen }]) =>
      zoneless > 0 && zoneless === seen ? [column] : [],
    );
    if (zoneless.length > 0) {
      log.info('Columns of times without a zone stay text: the setting zone says where they were taken', {
        stream,
        columns: zoneless,
      });
    }
    const infers = [...this.#declared.keys()].some((entry) => entry.infer_types !== 'none');
    return new StreamTypes(this.#declared, this.#names, new Map(Object.entries(inferred)), infers);
  }
}

/** The types of a stream's columns. */
export class StreamTypes {
  readonly #declared: ReadonlyMap<TypedEntry, ReadonlyMap<string, ColumnType>>;
  readonly #names: ReadonlyMap<string, TypeName>;
  readonly #inferred: ReadonlyMap<string, TypeName>;
  readonly #infers: boolean;

  /** `names`: of the columns that the settings give a type. `infers`: whether those of the others are looked for. */
  constructor(
    declared: ReadonlyMap<TypedEntry, ReadonlyMap<string, ColumnType>>,
    names: ReadonlyMap<string, TypeName>,
    inferred: ReadonlyMap<string, TypeName>,
    infers: boolean,
  ) {
    this.#declared = declared;
    this.#names = names;
    this.#inferred = inferred;
    this.#infers = infers;
  }

  /**
   * The types with those that were inferred replaced by the ones that this schema announces: an older catalog saw other rows. What does
   * not fit is treated as a misfit, not as an error.
   */
  as({ properties }: JsonSchema): StreamTypes {
    if (!this.#infers || !isJsonObject(properties)) return this;
    const inferred = new Map(this.#inferred);
    for (const [column, property] of Object.entries(properties)) {
      const type = isJsonObject(property) ? typeOfSchema(property) : undefined;
      if (type !== undefined) inferred.set(column, type);
    }
    return new StreamTypes(this.#declared, this.#names, inferred, true);
  }

  /** The type of a column; a column nobody spoke of is a string. */
  of(column: string): TypeName {
    return this.#names.get(column) ?? this.#inferred.get(column) ?? 'string';
  }

  /** True if a cell of these columns may go to the column of misfits. */
  mayKeep(entry: TypedEntry, columns: Iterable<string>): boolean {
    for (const column of columns) {
      const { name, onMisfit } = this.#typeIn(entry, column);
      if (name !== 'string' && onMisfit === 'keep') return true;
    }
    return false;
  }

  #typeIn(entry: TypedEntry, column: string): ColumnType {
    return this.#declared.get(entry)?.get(column) ?? plainType(this.of(column), entry);
  }

  /** The writers of a file's columns; undefined for those that are sent as they stand. */
  async writers(
    entry: TypedEntry,
    columns: readonly (string | undefined)[],
    keys: readonly string[],
  ): Promise<(CellWriter | undefined)[]> {
    const declared = this.#declared.get(entry);
    const writers: (CellWriter | undefined)[] = [];
    for (const column of columns) {
      if (column === undefined) {
        writers.push(undefined);
        continue;
      }
      const inferred = declared?.has(column) !== true;
      const type = this.#typeIn(entry, column);
      const options = {
        type,
        inferred,
        emptyAsNull: entry.empty_as_null,
        key: keys.includes(column),
      };
      writers.push(cellWriter({ ...options, form: await formOf(type), offsets: await offsetsOf(type.zone) }));
    }
    return writers;
  }
}

/** Reads a type's own forms of dates; the library is loaded for these alone. */
async function formOf({ name, formats }: ColumnType): Promise<ReadForm | undefined> {
  if (formats.length === 0 || !isTimeType(name)) return undefined;
  return (await import('./times.ts')).formatReader(formats, name);
}

/** The offsets of a zone; the library is loaded for zones other than UTC. */
export async function offsetsOf(zone: string | undefined): Promise<Offsets | undefined> {
  if (zone === undefined) return undefined;
  return /^(utc|gmt|etc\/utc|z)$/i.test(zone) ? UTC_OFFSETS : (await import('./times.ts')).offsetsOf(zone);
}

/** Gives the sound rows at the beginning of a file, at most `limit`, and their number; the window stays where it is. */
async function eachRow({ window, parser }: SampledFile, limit: number, take: (row: RowParser) => void): Promise<number> {
  let ahead = 0;
  let rows = 0;
  while (rows < limit && ahead < SAMPLE_BYTES) {
    const from = window.start + ahead;
    if (from < window.end && parser.parse(window.bytes, from, window.end, window.eof)) {
      // The rest of such a row would have to be searched for.
      if (parser.unfinished) break;
      ahead = parser.next - window.start;
      if (parser.blank || parser.problem !== undefined) continue;
      take(parser);
      rows++;
    } else if (window.eof) break;
    else await window.fill();
  }
  return rows;
}
