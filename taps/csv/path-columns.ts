import type { JsonSchema } from '../../singer/tap/index.ts';
import { ConfigError, InputError } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import type { Group, Part } from './groups.ts';
import { placeOf } from './place.ts';

/** What Hive writes for a value that is null or empty. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

type PathType = 'string' | 'integer' | 'date';

/** How the text of a folder becomes JSON text (undefined: it does not), and the schema of the column. */
const TYPES: Readonly<Record<PathType, { schema: JsonSchema; write: (text: string) => string | undefined }>> = {
  string: { schema: { type: ['null', 'string'] }, write: (text) => JSON.stringify(text) },
  integer: {
    schema: { type: ['null', 'integer'] },
    write: (text) => (/^[+-]?\d+$/.test(text) ? String(BigInt(text.replace('+', ''))) : undefined),
  },
  date: {
    schema: { type: ['null', 'string'], format: 'date' },
    write: (text) => (isDate(text) ? JSON.stringify(text) : undefined),
  },
};

/**
 * The columns that the folders above a stream's files make, with their schemas, and each file's values as JSON text. Throws ConfigError
 * for entries that give a column different types.
 */
export function pathColumnsOf({ name, entries, parts }: Group): {
  schemas: Map<string, JsonSchema>;
  constantsOf: (part: Part) => Map<string, string>;
} {
  const types = new Map<string, PathType>();
  for (const entry of entries) {
    const files = parts.filter((part) => part.entry === entry).map((part) => part.file);
    for (const [column, type] of typesOf(entry, files)) {
      if ((types.get(column) ?? type) !== type) {
        const message = `the entries of the stream ${name} give the path column ${column} different types`;
        throw new ConfigError([{ path: 'files', message }]);
      }
      types.set(column, type);
    }
  }
  return {
    schemas: new Map([...types].map(([column, type]) => [column, TYPES[type].schema])),
    constantsOf: (part) => pathValues(part.file.key, types),
  };
}

function typesOf(entry: Entry, files: readonly FoundFile[]): Map<string, PathType> {
  const wanted = entry.path_columns;
  if (wanted === false) return new Map();
  if (Array.isArray(wanted)) return new Map(wanted.map((name: string) => [name, 'string']));
  if (typeof wanted === 'object') return new Map(Object.entries(wanted) as [string, PathType][]);
  return new Map(files.flatMap((file) => [...partsOf(file.key).keys()].map((name): [string, PathType] => [name, 'string'])));
}

/** The file's value in each column, as JSON text. Throws InputError for a value that does not fit the column's type. */
function pathValues(key: string, types: ReadonlyMap<string, PathType>): Map<string, string> {
  const parts = partsOf(key);
  const values = new Map<string, string>();
  for (const [name, type] of types) {
    const text = parts.get(name);
    const value = text === undefined || text === HIVE_NULL ? 'null' : TYPES[type].write(text);
    if (value === undefined) {
      throw new InputError(`${key}: the folder ${name}= holds no ${type}`, {
        code: 'path-column-type',
        facts: { file: key, column: name, type },
        hint: 'Give the column the type string in path_columns, or leave the file out with exclude.',
      });
    }
    values.set(name, value);
  }
  return values;
}

/** Folders of the form `name=value`, their %-escapes undone; the innermost of a name counts. */
function partsOf(key: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const folder of placeOf(key).folders) {
    const at = folder.indexOf('=');
    if (at > 0) parts.set(unescaped(folder.slice(0, at)), unescaped(folder.slice(at + 1)));
  }
  return parts;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that is none of an escape stands for itself.
    return text;
  }
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}
