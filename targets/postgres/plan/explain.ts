import type { Session } from '../../../clients/postgres/connect.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import type { StreamPlan } from './answer.ts';
import { createIndexSql, stateOf, wantedIndexes } from '../tables/indexes.ts';
import type { KnownTable } from '../tables/known-tables.ts';
import type { TablePlan } from '../tables/plan.ts';
import { lookAt } from '../tables/tables.ts';

/** What a load would do to the table of a plan, before its rows and after them. */
export async function explainPlan(session: Session, plan: TablePlan, { existing, refused }: KnownTable): Promise<StreamPlan> {
  const isNew = existing === undefined;
  const { rows } = await session.query('SELECT FROM pg_namespace WHERE nspname = $1', [plan.schema]);
  const sql = rows.length === 0 ? [`CREATE SCHEMA IF NOT EXISTS ${ident(plan.schema)}`] : [];
  sql.push(...(await lookAt(session, plan, existing, refused)).changes.map((change) => change.sql));
  for (const index of wantedIndexes(plan))
    if ((await stateOf(session, plan.schema, index.name)) !== 'valid') sql.push(createIndexSql(index, !isNew));
  return { stream: plan.stream, table: `${plan.schema}.${plan.table}`, isNew, method: methodOf(plan), keys: plan.keys, sql };
}

/** The plan of a stream that the settings leave out. */
export function leftOut(stream: string): StreamPlan {
  return { stream, table: undefined, isNew: false, method: 'none', keys: [], sql: [] };
}

function methodOf({ method, extras }: TablePlan): string {
  const range = extras?.range;
  return range === undefined ? method : `replace ${range.column} from ${range.from} before ${range.before}`;
}
