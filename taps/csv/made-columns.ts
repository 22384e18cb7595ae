import type { JsonSchema } from '../../singer/tap/index.ts';
import { LINE, MTIME, SOURCE } from './columns.ts';
import type { Group, Part } from './groups.ts';
import { pathColumnsOf } from './path-columns.ts';

/** The columns that the tap itself fills, whatever the format of a stream's files. */
export interface MadeColumns {
  /** Their names; a format may add its own. */
  readonly made: Set<string>;
  /** Those that the folders of the files make, with their schemas. */
  readonly pathColumns: ReadonlyMap<string, JsonSchema>;
  /** A file's value in each of these, as JSON text. Throws InputError for a value that does not fit the column's type. */
  readonly constantsOf: (part: Part) => ReadonlyMap<string, string>;
}

/** Throws ConfigError for entries that give a path column different types. */
export function madeColumnsOf(group: Group, metadataColumns: boolean): MadeColumns {
  const { schemas, constantsOf } = pathColumnsOf(group);
  const made = new Set([...(metadataColumns ? [SOURCE, MTIME, LINE] : []), ...schemas.keys()]);
  return { made, pathColumns: schemas, constantsOf };
}
