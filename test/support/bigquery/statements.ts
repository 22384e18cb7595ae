import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { root } from '../../../scripts/command.mjs';
import type { JobResource, TableResource } from '../../../clients/bigquery/resources.ts';
import { existingTable } from '../../../targets/bigquery/tables/existing.ts';
import type { ColumnType } from '../../../targets/bigquery/types/types.ts';
import type { AnalyzedTable } from '../googlesql/analyze.ts';
import type { Asked, BigQueryDouble } from './double.ts';

const FOLDER = join(root, 'targets', 'bigquery', 'statements');

/**
 * Has the modules that make statements count how often each of their functions is called, by `module.function`; constants are there with 0.
 * Counts for modules that are imported after it.
 */
export async function watchBuilders(): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  vi.resetModules();
  for (const file of readdirSync(FOLDER)) {
    const module = join(FOLDER, file);
    const watched = Object.entries(await vi.importActual<object>(module)).map(([name, value]): readonly [string, unknown] => {
      if (typeof value !== 'function') return [name, value];
      const key = `${file.replace(/\.ts$/, '')}.${name}`;
      calls.set(key, 0);
      const counted = (...given: readonly unknown[]): unknown => {
        calls.set(key, calls.get(key)! + 1);
        return (value as (...given: readonly unknown[]) => unknown)(...given);
      };
      return [name, counted];
    });
    vi.doMock(module, () => Object.fromEntries(watched));
  }
  return calls;
}

/** A statement that was sent, and the tables as they were then. */
export interface SentStatement {
  readonly sql: string;
  readonly tables: readonly AnalyzedTable[];
}

/** Notes every statement that comes to a double, those of views and dry runs too; each is given a dataset of its own, so that tables may change between. */
export class StatementLog {
  readonly sent: SentStatement[] = [];
  /** Names of parameters, all of them texts. */
  readonly parameters = new Set<string>();

  watch(double: BigQueryDouble): void {
    double.fault = (asked) => {
      const sql = statementOf(asked);
      if (sql !== undefined) this.#note(sql, double);
      const { queryParameters = [] } = (asked.body as Partial<JobResource> | undefined)?.configuration?.query ?? {};
      for (const { name } of queryParameters) this.parameters.add(name);
      return undefined;
    };
  }

  #note(sql: string, { datasets, project }: BigQueryDouble): void {
    const own = `d${this.sent.length}`;
    const tables = [...(datasets.get('d')?.tables ?? [])].flatMap(([table, { resource }]): AnalyzedTable[] =>
      sql.includes(`\`${table}\``) && resource.type !== 'VIEW'
        ? [{ project, dataset: own, table, columns: columnsOf(resource) }]
        : [],
    );
    this.sent.push({ sql: sql.replaceAll(`\`${project}\`.\`d\`.`, `\`${project}\`.\`${own}\`.`), tables });
  }
}

function statementOf({ body, method, path }: Asked): string | undefined {
  if (method === 'GET' || body === undefined) return undefined;
  if (path.includes('/tables')) return (body as TableResource).view?.query;
  return path.endsWith('/jobs') ? (body as JobResource).configuration?.query?.query : undefined;
}

function columnsOf(resource: TableResource): { readonly name: string; readonly type: ColumnType }[] {
  return [...existingTable(resource).columns.values()].flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type }]));
}
