import type { ResultColumn, Session } from '../../../clients/postgres/connect.ts';
import { sqlState, systemError } from '../../../clients/postgres/errors.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { ConfigError, type Config, type Problem } from '../../../singer/tap/index.ts';
import { TYPES, type TypeRow } from '../discover/queries.ts';
import { Types } from '../discover/types.ts';
import type { TableColumn } from '../model.ts';
import type { querySettings } from './settings.ts';

type CustomQuery = NonNullable<Config<typeof querySettings>['custom_queries']>[number];

/** A query of the user, and what the server says of it. */
export interface DescribedQuery {
  readonly name: string;
  /** What stands behind FROM. */
  readonly sql: string;
  readonly columns: readonly TableColumn[];
  readonly keys: readonly string[];
  /** Columns by which rows can be ordered. */
  readonly orderable: readonly string[];
  readonly replicationKey: string | undefined;
}

/**
 * Asks the server for the columns of the queries, which do not run for it. Throws ConfigError with everything that is wrong with any of them,
 * and the errors of a connection that is lost.
 */
export async function describeQueries(session: Session, queries: readonly CustomQuery[]): Promise<readonly DescribedQuery[]> {
  if (queries.length === 0) return [];
  const problems: Problem[] = [];
  const found: (Omit<DescribedQuery, 'columns' | 'orderable'> & { readonly results: readonly ResultColumn[] })[] = [];
  for (const [index, query] of queries.entries()) {
    const report = (member: string, message: string): void =>
      void problems.push({ path: `custom_queries[${index}].${member}`, message });
    const sql = sourceOf(query);
    const results = await resultOf(session, sql, (message) => report('query', message));
    if (results === undefined) continue;
    const { name, keys = [], replication_key: replicationKey } = query;
    checkNames(results, keys, replicationKey, report);
    found.push({ name, sql, keys, replicationKey, results });
  }
  if (problems.length > 0)
    throw new ConfigError(problems, { hint: 'Correct the query: psql shows more of what the server says.' });
  const types = await typesOf(
    session,
    found.flatMap(({ results }) => results),
  );
  const described = found.map(({ results, ...query }): DescribedQuery => {
    const columns = results.map(({ name, type, modifier }) => ({
      name,
      type: types.of(type, modifier, 0),
      notNull: false,
      readable: true,
    }));
    const orderable = results.filter(({ type, modifier }) => types.isOrderable(type, modifier)).map(({ name }) => name);
    return { ...query, columns, orderable };
  });
  refuseUnorderable(described);
  return described;
}

/** The query as it stands behind FROM. A comment at its end hides nothing. */
function sourceOf({ name, query }: CustomQuery): string {
  return `(${query.replace(/[;\s]+$/, '')}\n) AS ${ident(name)}`;
}

async function resultOf(
  session: Session,
  sql: string,
  report: (message: string) => void,
): Promise<readonly ResultColumn[] | undefined> {
  await session.query('SAVEPOINT described');
  try {
    // A value makes it one statement for the server, whatever stands in the query.
    return (await session.query(`SELECT * FROM ${sql} LIMIT $1`, [0])).columns;
  } catch (error) {
    if (sqlState(error) === undefined || session.lost) throw error;
    const { message } = systemError(error);
    report(`the server refuses it: ${message}`);
    await session.query('ROLLBACK TO SAVEPOINT described');
    return undefined;
  }
}

function checkNames(
  results: readonly ResultColumn[],
  keys: readonly string[],
  replicationKey: string | undefined,
  report: (member: string, message: string) => void,
): void {
  const names = results.map(({ name }) => name);
  if (names.length === 0) report('query', 'gives no column');
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  if (twice.size > 0) report('query', `gives columns of the same name: ${[...twice].join(', ')}; name them with AS`);
  const missing = keys.filter((key) => !names.includes(key));
  if (missing.length > 0) report('keys', `names columns that the query does not give: ${missing.join(', ')}`);
  if (replicationKey !== undefined && !names.includes(replicationKey)) {
    report('replication_key', `names a column that the query does not give: ${replicationKey}`);
  }
}

function refuseUnorderable(queries: readonly DescribedQuery[]): void {
  const problems = queries.flatMap(({ replicationKey, orderable }, index) =>
    replicationKey === undefined || orderable.includes(replicationKey)
      ? []
      : [{ path: `custom_queries[${index}].replication_key`, message: `rows cannot be ordered by ${replicationKey}` }],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

async function typesOf(session: Session, columns: readonly ResultColumn[]): Promise<Types> {
  const asked = [[], columns.map(({ type }) => type), columns.map(({ modifier }) => modifier)];
  const { rows } = await session.query<TypeRow>(TYPES, asked);
  return new Types(rows);
}
