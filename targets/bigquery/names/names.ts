import { hashedName, plainName, type NameRules } from '../../../singer/index.ts';

/** Longest name of a column: https://cloud.google.com/bigquery/docs/schemas#column_names */
const MAX_COLUMN_BYTES = 300;
/** Longest name of a table, in bytes; ours leaves room for what stands behind the name of a staging table. */
const MAX_TABLE_BYTES = 900;
const COLUMN_RULES: NameRules = { casing: 'keep', maxBytes: MAX_COLUMN_BYTES };
const TABLE_RULES: NameRules = { casing: 'keep', maxBytes: MAX_TABLE_BYTES };

/** Beginnings that BigQuery keeps for itself, in any case of letters: https://cloud.google.com/bigquery/docs/schemas#column_names */
const RESERVED =
  /^(?:_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_SEQUENCE_NUMBER|_CHANGE_TYPE|_CHANGE_TIMESTAMP)/i;

export type ColumnCasing = 'keep' | 'lower' | 'snake';

/**
 * Column names for properties: letters, digits and underscores only, none that differs from another by case alone. The property that is
 * spelled like a column which is there keeps that; then one that needs no change; the others end in a hash. The result does not depend
 * on the order of `properties`.
 * @param there columns that the table has
 * @param ours names, in lower case, that no property gets
 */
export function columnNames(
  properties: Iterable<string>,
  casing: ColumnCasing,
  there: ReadonlySet<string>,
  ours: ReadonlySet<string>,
): Map<string, string> {
  const rivals = new Map<string, string[]>();
  for (const property of [...new Set(properties)].toSorted()) {
    const folded = legalName(property, casing).toLowerCase();
    rivals.set(folded, [...(rivals.get(folded) ?? []), property]);
  }
  const names = new Map<string, string>();
  const taken = new Set([...rivals.keys(), ...ours]);
  for (const [folded, sources] of rivals) {
    const winner = ours.has(folded)
      ? undefined
      : (sources.find((source) => there.has(source)) ??
        sources.find((source) => legalName(source, casing) === source) ??
        sources[0]);
    for (const source of sources) names.set(source, source === winner ? legalName(source, casing) : free(source, casing, taken));
  }
  return names;
}

function free(source: string, casing: ColumnCasing, taken: Set<string>): string {
  const legal = legalName(source, casing);
  let name = hashedName(legal, COLUMN_RULES, source);
  // Two hashes may meet, and a property may be spelled like a hashed name.
  for (let round = 1; taken.has(name.toLowerCase()); round++) name = hashedName(legal, COLUMN_RULES, `${source}\0${round}`);
  taken.add(name.toLowerCase());
  return name;
}

/**
 * The column beside `column` for values that it cannot take: `column__string`, with a hash where that is too long or has another's values.
 * @param taken names, in lower case, of the columns that properties and what is ours have
 */
export function variantName(column: string, type: string, taken: ReadonlySet<string>): string {
  const wanted = `${column}__${type.toLowerCase()}`;
  const name = plainName(wanted, COLUMN_RULES);
  return taken.has(name.toLowerCase()) ? hashedName(wanted, COLUMN_RULES) : name;
}

/** A name as BigQuery takes it for a column. */
function legalName(property: string, casing: ColumnCasing): string {
  const cased = plainName(property, { ...COLUMN_RULES, casing });
  const legal = cased.replaceAll(/[^A-Za-z0-9_]/g, '_');
  const begun = /^\d/.test(legal) ? `_${legal}` : RESERVED.test(legal) ? `x${legal}` : legal;
  return plainName(begun, COLUMN_RULES);
}

/** The table of a stream: in lower case, everything but letters and digits an underscore, as z3z1ma's target names it. */
export function tableName(stream: string): string {
  return plainName(stream.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}_]/gu, '_'), TABLE_RULES);
}

/** The table of a stream whose plain name belongs to another stream: with a hash of the stream's own name. */
export function otherTableName(stream: string): string {
  return hashedName(tableName(stream), TABLE_RULES, stream);
}
