import { ConfigError, type Problem, type StreamHeader } from '../../../singer/index.ts';
import { auditChanges, auditColumns, auditFaults, type AuditColumns } from './audit.ts';
import type { ExistingTable } from './catalog.ts';
import type { Change } from './ddl.ts';
import { grantChanges, grantsOf, storageChanges, tableOptionFault, type Grants } from './grants.ts';
import type { TablePlan } from './plan.ts';
import { rangeOf, type Range } from '../methods/replace-range.ts';
import type { TargetConfig } from '../settings.ts';

/** What the settings ask of a table and its rows beside the stream's own columns. */
export interface TableExtras {
  readonly audit: AuditColumns | undefined;
  /** Column by which rows are older or newer: an older one never takes the place of a newer. */
  readonly version: string | undefined;
  /** Column that marks a row to be deleted by its key; undefined where marks are only stored. */
  readonly deletedAt: string | undefined;
  /** The part of the table that the run replaces; undefined: all or nothing, by the method. */
  readonly range: Range | undefined;
  /** Indexes to be there when the run is done, by columns. */
  readonly indexes: readonly (readonly string[])[];
  readonly grants: Grants;
  readonly storage: Readonly<Record<string, unknown>>;
}

/** Types that have an order which means "newer". */
const ORDERED: ReadonlySet<string> = new Set(['bigint', 'numeric', 'text', 'date', 'time', 'timestamptz']);

/** The plan with its extras. Throws a ConfigError that lists all settings which do not fit the stream. */
export function withExtras(plan: TablePlan, header: StreamHeader, config: TargetConfig): TablePlan {
  const problems: Problem[] = [];
  const column = (setting: string, name: string): string => {
    const target = plan.copy.columns.find((copied) => copied.name === name)?.target ?? name;
    if (!plan.columns.some((planned) => planned.name === target)) {
      problems.push({ path: setting, message: `${header.stream} has no column ${name}` });
    }
    return target;
  };
  const audit = auditColumns(config.audit_columns);
  for (const message of auditFaults(audit, plan)) problems.push({ path: 'audit_columns', message });
  const version = config.version_column === undefined ? undefined : column('version_column', config.version_column);
  const versionType = plan.columns.find(({ name }) => name === version)?.type.type;
  if (versionType !== undefined && !ORDERED.has(versionType)) {
    problems.push({
      path: 'version_column',
      message: `${header.stream}.${version} is ${versionType}, which has no newer and older`,
    });
  }
  const indexes = config.indexes.map((names, at) =>
    (typeof names === 'string' ? [names] : names).map((name) => column(`indexes[${at}]`, name)),
  );
  const range = rangeOf(config.replace_range, (name) => column('replace_range.column', name), problems);
  for (const name of Object.keys(config.table_options ?? {})) {
    const fault = tableOptionFault(name);
    if (fault !== undefined) problems.push({ path: `table_options.${name}`, message: fault });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...plan,
    extras: {
      audit,
      version: plan.method === 'append' ? undefined : version,
      deletedAt: config.hard_delete && plan.keys.length > 0 ? deletionColumn(plan) : undefined,
      range,
      indexes,
      grants: grantsOf(config.grants),
      storage: config.table_options ?? {},
    },
  };
}

/** DDL for a table that was just made, after its CREATE TABLE. */
export function changesForNew(plan: TablePlan): readonly Change[] {
  return [...auditChanges(plan, undefined), ...storageChanges(plan), ...grantChanges(plan)];
}

/** DDL that brings a table up to the extras of its plan. */
export function changesForExisting(plan: TablePlan, existing: ExistingTable): readonly Change[] {
  return auditChanges(plan, existing);
}

function deletionColumn(plan: TablePlan): string | undefined {
  return plan.columns.find(({ name }) => name === '_sdc_deleted_at')?.name;
}
