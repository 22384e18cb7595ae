import { hashedName, plainName, type NameRules } from '../../../singer/index.ts';
import type { TargetConfig } from '../settings.ts';

/** Postgres cuts longer identifiers without a word. */
export const MAX_NAME_BYTES = 63;

/** A table's place. Schema undefined: the first one of the search path. */
export interface Place {
  readonly schema: string | undefined;
  readonly table: string;
}

export function nameRules(config: Pick<TargetConfig, 'column_casing'>): NameRules {
  return { casing: config.column_casing, maxBytes: MAX_NAME_BYTES };
}

/** The schema for everything that is not named after a stream; undefined: the first one of the search path. */
export function defaultSchema(config: Pick<TargetConfig, 'default_target_schema'>, env: NodeJS.ProcessEnv): string | undefined {
  // Meltano passes an unset setting as an empty text.
  return config.default_target_schema || env['MELTANO_EXTRACT__LOAD_SCHEMA'] || undefined;
}

/**
 * Where a stream goes, as the Meltano SDK has it: `table`, `schema-table` and `database-schema-table`; the configured schema wins
 * over the stream's. Schema names are kept as they are, because they are the user's own.
 */
export function placeOf(stream: string, schema: string | undefined, rules: NameRules): Place {
  const parts = stream.split('-');
  const last = parts.at(-1)!;
  const named = parts.length === 2 || parts.length === 3 ? parts.at(-2)! : '';
  return {
    schema: schema ?? (named === '' ? undefined : plainName(named, rules)),
    table: plainName(last === '' ? stream : last, rules),
  };
}

/** The table of a stream whose plain name belongs to another stream: the plain name with a hash of the whole stream name. */
export function otherTable(stream: string, place: Place, rules: NameRules): string {
  return hashedName(place.table, { ...rules, casing: 'keep' }, stream);
}
