import type { Config } from '../../../singer/tap/index.ts';
import type { discoverySettings } from './settings.ts';

/** What the settings choose, as the query of tables takes it. */
export interface Filters {
  /** Null: all but the system's. */
  readonly schemas: readonly string[] | null;
  readonly take: readonly string[] | null;
  readonly leave: readonly string[];
  readonly relkinds: readonly string[];
  readonly partitions: boolean;
}

/** `pg_class.relkind` of what is asked for; partitions have a word of their own. */
const RELKINDS: Readonly<Record<string, string>> = {
  table: 'r',
  partitioned_table: 'p',
  view: 'v',
  materialized_view: 'm',
  foreign_table: 'f',
};

/** Reads the settings of discovery. */
export function filtersOf(config: Pick<Config<typeof discoverySettings>, 'filter_schemas' | 'tables' | 'object_types'>): Filters {
  const patterns = config.tables ?? [];
  const take = patterns.filter((pattern) => !pattern.startsWith('!'));
  const types: readonly string[] = config.object_types;
  return {
    schemas: schemasOf(config.filter_schemas),
    take: take.length === 0 ? null : take.map(namePattern),
    leave: patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => namePattern(pattern.slice(1))),
    relkinds: types.flatMap((type) => RELKINDS[type] ?? []),
    partitions: types.includes('partition'),
  };
}

/** An empty choice is none: pipelinewise's configs hold an empty text. */
function schemasOf(given: string | readonly string[] | undefined): readonly string[] | null {
  const listed = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : (given ?? []);
  const names = listed.filter((name) => name !== '');
  return names.length === 0 ? null : names;
}

/** Postgres' regular expression for a pattern of names: `*` is any text, `?` any character. */
export function namePattern(glob: string): string {
  const body = glob.replaceAll(/[^\p{L}\p{N}_ -]/gu, (char) => (char === '*' ? '.*' : char === '?' ? '.' : `\\${char}`));
  return `^(?:${body})$`;
}
