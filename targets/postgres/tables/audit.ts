import { ident, qualified } from '../../../clients/postgres/quote.ts';
import type { ExistingTable } from './catalog.ts';
import type { Change } from './ddl.ts';
import { MAX_NAME_BYTES } from './naming.ts';
import type { TablePlan } from './plan.ts';
import type { TargetConfig } from '../settings.ts';
import { METADATA_TYPES } from '../types/types.ts';

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
 * rows that are there already came at a time that nobody knows: they hold null. Columns that are there get the default, too.
 */
export function auditChanges(plan: TablePlan, existing: ExistingTable | undefined): readonly Change[] {
  const table = qualified(plan.schema, plan.table);
  const fill = (name: string): string => `ALTER COLUMN ${ident(name)} SET DEFAULT now()`;
  const names = auditNames(plan);
  const lacking = names.filter((name) => existing?.columns.has(name) !== true);
  const unfilled = names.filter((name) => existing?.columns.get(name)?.fills === false);
  const added = lacking.flatMap((name) => [`ADD COLUMN IF NOT EXISTS ${ident(name)} timestamptz`, fill(name)]);
  return [
    ...(added.length === 0 ? [] : [{ sql: `ALTER TABLE ${table} ${added.join(', ')}` }]),
    ...unfilled.map((name) => ({ sql: `ALTER TABLE ${table} ${fill(name)}`, orFail: notFilled(plan, name) })),
  ];
}

/** The columns that the server fills in the table of a plan. */
export function auditNames({ extras }: TablePlan): readonly string[] {
  const { createdAt, modifiedAt } = extras?.audit ?? {};
  return [createdAt, modifiedAt].filter((name) => name !== undefined);
}

function notFilled({ schema, table }: TablePlan, column: string): Required<Change>['orFail'] {
  return {
    code: 'audit-column',
    message: `Column ${column} of ${schema}.${table} cannot be an audit column: it is no time, or not ours to change`,
    hint: `Give another name in audit_columns, or have its owner set the default: ALTER TABLE … ALTER COLUMN ${ident(column)} SET DEFAULT now().`,
  };
}
