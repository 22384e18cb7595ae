import { randomUUID } from 'node:crypto';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import type { FieldResource, TableReference, TableResource } from '../../../clients/bigquery/resources.ts';
import { SystemError, type StateStore } from '../../../singer/index.ts';
import { runStatement, type StatementContext } from '../jobs/query.ts';
import type { TargetConfig } from '../settings.ts';
import { putState, removeState } from '../statements/state.ts';
import { STREAM_LABEL } from '../tables/existing.ts';

const COLUMNS: readonly FieldResource[] = [
  { name: 'state_id', type: 'STRING', mode: 'REQUIRED', description: 'Pipeline: the setting state_id' },
  // Not JSON: the text comes back as it came, with its numbers and the order of its members.
  { name: 'state', type: 'STRING', mode: 'REQUIRED', description: 'The newest state whose rows are all there' },
  { name: 'updated_at', type: 'TIMESTAMP', mode: 'REQUIRED', description: 'When that was written' },
];
/** No stream has this mark, so that none takes the table for its own. */
const MARK = 'state';

type StateConfig = Pick<TargetConfig, 'dataset' | 'state_id' | 'state_table'>;

/**
 * The newest state of each pipeline: one row for each `state_id`. It is written by one small MERGE, of which a table takes any number; reading
 * it costs nothing.
 */
export class StateTable implements StateStore {
  readonly #context: StatementContext;
  readonly #table: TableReference;
  readonly #id: string;

  constructor(context: StatementContext, table: TableReference, id: string) {
    this.#context = context;
    this.#table = table;
    this.#id = id;
  }

  /** Makes the table where it is missing. Throws SystemError where something else has its name. */
  async ensure(): Promise<void> {
    const { api, jobs } = this.#context;
    const { datasetId: dataset, tableId } = this.#table;
    const found = await this.#look();
    if (found !== undefined) return this.#refuseOther(found);
    const body: TableResource = {
      tableReference: this.#table,
      schema: { fields: COLUMNS },
      labels: { [STREAM_LABEL]: MARK },
    };
    const what = `Making ${tableId}`;
    try {
      await api.call({ method: 'POST', path: tablesOf(this.#table), body, what, place: { dataset, table: tableId } });
      jobs.log.info('Made the table of states', { dataset, table: tableId });
    } catch (error) {
      if (reasonOf(error) !== 'duplicate') throw error;
      const made = await this.#look();
      if (made !== undefined) this.#refuseOther(made);
    }
  }

  async set(state: string): Promise<void> {
    await this.ensure();
    await this.write(state);
  }

  /** Writes a state whose rows are all in their tables. */
  async write(state: string): Promise<void> {
    await this.#run(putState(this.#table), 'Writing the state', { state_id: this.#id, state });
  }

  async clear(): Promise<void> {
    if ((await this.#look()) !== undefined)
      await this.#run(removeState(this.#table), 'Removing the state', { state_id: this.#id });
  }

  async get(): Promise<string | undefined> {
    const { api } = this.#context;
    const { datasetId: dataset, tableId } = this.#table;
    const found = await this.#look();
    if (found === undefined) return undefined;
    this.#refuseOther(found);
    const names = found.schema!.fields!.map(({ name }) => name);
    const [id, state] = [names.indexOf('state_id'), names.indexOf('state')];
    for (let pageToken: string | undefined; ;) {
      const page: Page = await api.call<Page>({
        method: 'GET',
        path: `${tablesOf(this.#table)}/${encodeURIComponent(tableId)}/data`,
        ...(pageToken === undefined ? {} : { query: { pageToken } }),
        what: 'Reading the state',
        place: { dataset, table: tableId },
      });
      const row = (page.rows ?? []).find(({ f }) => f[id]?.v === this.#id);
      if (row !== undefined) return row.f[state]?.v ?? undefined;
      pageToken = page.pageToken;
      if (pageToken === undefined || pageToken === '') return undefined;
    }
  }

  /** Under a name that no earlier run has used: what that has written is no longer the last word. */
  async #run(sql: string, what: string, parameters: Readonly<Record<string, string>>): Promise<void> {
    await runStatement(this.#context, { sql, what, work: 'state', table: this.#table, content: randomUUID(), parameters });
  }

  async #look(): Promise<TableResource | undefined> {
    const { datasetId: dataset, tableId } = this.#table;
    try {
      return await this.#context.api.call<TableResource>({
        method: 'GET',
        path: `${tablesOf(this.#table)}/${encodeURIComponent(tableId)}`,
        what: `Looking at ${tableId}`,
        place: { dataset, table: tableId },
      });
    } catch (error) {
      if (reasonOf(error) === 'notFound') return undefined;
      throw error;
    }
  }

  #refuseOther({ schema }: TableResource): void {
    const there = new Set(schema?.fields?.map(({ name, type }) => `${name} ${type}`));
    if (COLUMNS.every(({ name, type }) => there.has(`${name} ${type}`))) return;
    const { datasetId: dataset, tableId: table } = this.#table;
    throw new SystemError(`${dataset}.${table} is no table of states`, {
      code: 'not-a-state-table',
      facts: { dataset, table, needed: COLUMNS.map(({ name, type }) => `${name} ${type}`) },
      hint: 'Rename it, or give state_table another name.',
    });
  }
}

/** A page of `tabledata.list`: the cells of each row, in the order of the table's columns. */
interface Page {
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
  readonly pageToken?: string;
}

function tablesOf({ datasetId }: TableReference): string {
  return `/datasets/${encodeURIComponent(datasetId)}/tables`;
}

/** Where the state of this pipeline is kept: `table` or `dataset.table`; undefined: nowhere. */
export function stateTableOf(context: StatementContext, config: StateConfig): StateTable | undefined {
  const { dataset, state_id: id, state_table: setting } = config;
  if (setting === '') return undefined;
  const dot = setting.indexOf('.');
  const [datasetId, tableId] = dot < 0 ? [dataset, setting] : [setting.slice(0, dot), setting.slice(dot + 1)];
  return new StateTable(context, { projectId: context.api.project, datasetId, tableId }, id);
}
