import type { TableFacts } from './discover/facts.ts';

/** Types by which tables tell when a row was written, and those that number rows; the rest can be ordered, too. */
const MOMENTS: ReadonlySet<string> = new Set(['timestamptz', 'timestamp', 'date']);
const NUMBERS: ReadonlySet<string> = new Set(['int8', 'int4', 'int2']);

/** The columns that INCREMENTAL may go by: indexed ones first, and moments before numbers before all else. Pure. */
export function replicationKeys(table: TableFacts): readonly string[] {
  const rank = ({ name, type }: TableFacts['columns'][number]): number => {
    const kind = MOMENTS.has(type.name) ? 0 : NUMBERS.has(type.name) ? 1 : 2;
    return (table.indexed.has(name) ? 0 : 3) + kind;
  };
  const candidates = table.columns.filter((column) => column.readable && table.orderable.has(column.name));
  return candidates.toSorted((a, b) => rank(a) - rank(b)).map((column) => column.name);
}
