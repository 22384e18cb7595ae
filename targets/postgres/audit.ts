import { ident, qualified } from '../../clients/postgres/quote.ts';
import type { ExistingTable } from './catalog.ts';
import type { Change } from './ddl.ts';
import { MAX_NAME_BYTES } from './naming.ts';
import type { TablePlan } from './plan.ts';
import type { TargetConfig } from './settings.ts';
import { METADATA_TYPES } from './types.ts';

/** Columns that the server itself fills: when a row came, and when its data last changed. Undefined: not wanted. */
export interface AuditColumns {
  readonly createdAt: string | undefined;
  readonly modifiedAt: string | undefined;
}

/** The columns that `audit_columns` names; an empty name switches one off. */
export function auditColumns(setting: TargetConfig['audit_columns']): AuditColumns | undefined {
  if (setting === undefined || setting === false) return undefined;
  const { created_at: createdAt, modified_at: modifiedAt } =
    setting === true ? { created_at: 'created_at', modified_at: 'modified_at' } : setting;
  return { createdAt: createdAt || undefined, modifiedAt: modifiedAt || undefined };
}

/** What is wrong with the names in a table of this plan. */
export function auditFaults(audit: AuditColumns | undefined, { stream, columns }: TablePlan): readonly string[] {
  const { createdAt, modifiedAt } = audit ?? {};
  const given = [createdAt, modifiedAt].filter((name) => name !== undefined);
  const taken = new Set([...columns.map(({ name }) => name), ...Object.keys(METADATA_TYPES)]);
  return [
    ...given.filter((name) => taken.has(name)).map((name) => `${stream} has a column ${name} of its own: give another name`),
    ...given
      .filter((name) => Buffer.byteLength(name) > MAX_NAME_BYTES || name.includes('\0'))
      .map((name) => `${JSON.stringify(name)} cannot be the name of a column: give one of at most ${MAX_NAME_BYTES} bytes`),
    ...(createdAt !== undefined && createdAt === modifiedAt ? ['created_at and modified_at need names of their own'] : []),
  ];
}

/**
 * Adds the columns that a table lacks. A default fills them, so that they cost nothing at COPY; it is set apart from the adding, because
 * rows that are there already came at a time that nobody knows: they hold null.
 */
export function auditChanges(plan: TablePlan, existing: ExistingTable | undefined): readonly Change[] {
  const { createdAt, modifiedAt } = plan.extras?.audit ?? {};
  const actions: string[] = [];
  for (const name of [createdAt, modifiedAt]) {
    if (name === undefined || existing?.columns.has(name)) continue;
    actions.push(`ADD COLUMN IF NOT EXISTS ${ident(name)} timestamptz`, `ALTER COLUMN ${ident(name)} SET DEFAULT now()`);
  }
  return actions.length === 0 ? [] : [{ sql: `ALTER TABLE ${qualified(plan.schema, plan.table)} ${actions.join(', ')}` }];
}
