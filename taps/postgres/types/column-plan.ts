import type { ColumnPlan, TableColumn } from '../model.ts';
import { mapType } from './map-type.ts';
import { nullable } from './mapping.ts';
import type { TypeOptions } from './options.ts';

/** How a column is read, or why it is not. */
export type PlannedColumn = { readonly plan: ColumnPlan; readonly omitted?: string };

const itself = (column: string): string => column;

/** How a column is read; `omitted` says why it is not read, if it cannot or shall not be. */
export function planColumn(column: TableColumn, options: TypeOptions): PlannedColumn {
  const { schema, wire, expression = itself, omitted } = mapType(column.type, options);
  const described = column.comment === undefined ? schema : { ...schema, description: column.comment };
  const plan = {
    name: column.name,
    expression,
    wire,
    // What can become null though the server has none: specials and times that are out of range.
    schema: column.notNull && !mayTurnNull(wire) ? described : nullable(described),
  };
  const reason = column.readable ? omitted : 'the role may not SELECT it';
  return { plan, ...(reason !== undefined && { omitted: reason }) };
}

function mayTurnNull(wire: ColumnPlan['wire']): boolean {
  return ('special' in wire && wire.special === 'null') || ('outOfRange' in wire && wire.outOfRange === 'null');
}
