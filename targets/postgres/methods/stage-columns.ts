import type { Session } from '../../../clients/postgres/connect.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { joinOf } from '../tables/evolve.ts';
import { fitOf, plainType } from '../types/fits.ts';
import { stageName, stageType } from './merge.ts';
import type { PlannedColumn, TablePlan } from '../tables/plan.ts';
import { convertStage } from './stage-types.ts';
import type { PgType } from '../types/types.ts';

/** What a stage must become so that it takes the rows of a later plan, too: actions of ALTER TABLE, and its columns then. */
export function widened(
  earlier: readonly PlannedColumn[],
  later: readonly PlannedColumn[],
): { readonly alters: readonly string[]; readonly columns: readonly PlannedColumn[] } {
  const columns = new Map(earlier.map((column) => [column.name, column]));
  const alters: string[] = [];
  for (const column of later) {
    const there = columns.get(column.name);
    if (there === undefined) alters.push(`ADD COLUMN ${ident(column.name)} ${stageType(column)}`);
    const type = there === undefined ? column.type.type : joinOf(there.type.type, column.type.type);
    if (there !== undefined && type !== there.type.type) {
      alters.push(`ALTER COLUMN ${ident(column.name)} TYPE ${type}${usingOf(there, type)}`);
    }
    // Of two sizes neither may be too small.
    const isSame = there === undefined || there.type.sql === column.type.sql;
    columns.set(column.name, isSame ? column : { ...column, type: { type, sql: type } });
  }
  return { alters, columns: [...columns.values()] };
}

function usingOf({ name, type: from }: PlannedColumn, to: PgType): string {
  const using = fitOf(from, plainType(to))?.using?.(ident(name), { table: '', column: name });
  return using === undefined ? '' : ` USING ${using}`;
}

/** A plan as it stands in a stage whose columns may be wider. `name` is the stage's in the session's own schema. */
export function planInStage(plan: TablePlan, stage: TablePlan, name: string): TablePlan {
  const types = new Map(stage.columns.map((column) => [column.name, column.type.type]));
  const differing = plan.columns.filter((column) => types.get(column.name) !== column.type.type);
  const fits = differing.map((column) => ({ column, fit: fitOf(column.type, plainType(types.get(column.name)!)) }));
  return {
    ...plan,
    schema: 'pg_temp',
    table: name,
    isDirect: fits.every(({ fit }) => fit?.direct === true),
    conversions: fits.map(({ column, fit }) => {
      const using = fit?.using?.(ident(column.name), { table: stageName(name), column: column.name });
      return { column: column.name, sql: types.get(column.name)!, using };
    }),
  };
}

/** Makes a stage that was filled under `plan` ready for the table in which the plan stands as `settled`. `stage` is quoted. */
export async function fitStage(session: Session, stage: string, plan: TablePlan, settled: TablePlan): Promise<void> {
  for (const [i, { name }] of plan.columns.entries()) {
    const home = settled.columns[i]!.name;
    if (home !== name) await session.query(`ALTER TABLE ${stage} RENAME COLUMN ${ident(name)} TO ${ident(home)}`);
  }
  for (const column of settled.columns.slice(plan.columns.length)) {
    await session.query(`ALTER TABLE ${stage} ADD COLUMN ${ident(column.name)} ${stageType(column)}`);
  }
  await convertStage(session, stage, settled);
}
