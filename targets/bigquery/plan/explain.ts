import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { mergeRows } from '../statements/merge.ts';
import { emptyRows } from '../statements/probe.ts';
import { qualified } from '../statements/quote.ts';
import { widenColumns } from '../statements/widen.ts';
import { evolutionOf } from '../tables/evolve.ts';
import type { ExistingTable } from '../tables/existing.ts';
import type { TablePlan } from '../tables/plan.ts';
import { typeText } from '../types/types.ts';
import type { StreamPlan } from './answer.ts';

export interface Planned {
  readonly plan: TablePlan;
  readonly reference: TableReference;
  readonly existing: ExistingTable | undefined;
  /** How the table would be laid out. */
  readonly layout: object;
}

/** What a load would do to the table of a plan; `probe` is a statement that reads of it what a merge would. */
export function explain(
  { existing, layout, plan, reference }: Planned,
  makesDataset: boolean,
): Omit<StreamPlan, 'wayIn'> & { readonly probe?: string } {
  const { columns, keys, method, stream } = plan;
  const table = `${reference.datasetId}.${reference.tableId}`;
  const told = { stream, table, method, keys: method === 'append' ? [] : keys, isNew: existing === undefined };
  if (existing === undefined) {
    const made = columns.map(({ name, type }) => `${name} ${typeText(type)}`).join(', ');
    const dataset = makesDataset ? [`make dataset ${reference.datasetId}`] : [];
    return { ...told, changes: [...dataset, `make ${table} (${made})`, `lay it out by ${JSON.stringify(layout)}`] };
  }
  const { added, relaxed, widenings } = evolutionOf(existing, columns);
  const changes = [
    ...(added.length === 0 ? [] : [`add ${added.join(', ')}`]),
    ...(relaxed.length === 0 ? [] : [`let ${relaxed.join(', ')} be null`]),
    ...(widenings.length === 0 ? [] : [widenColumns(reference, widenings)]),
  ];
  if (method !== 'upsert') return { ...told, changes };
  // Columns that are not there yet cost nothing to read, and cannot be named.
  const there = columns.flatMap((column) => {
    const known = existing.columns.get(column.name.toLowerCase());
    return known === undefined ? [] : [{ ...column, type: known.type ?? column.type }];
  });
  const stage = { ...reference, tableId: `${reference.tableId}__plan` };
  const merge = mergeRows({ target: reference, stage, columns: there, keys, nullKeys: new Set() });
  return { ...told, changes, probe: merge.replaceAll(qualified(stage), `(${emptyRows(there)})`) };
}
