import type { Api } from '../../../clients/bigquery/api.ts';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import type { TableReference, TableResource } from '../../../clients/bigquery/resources.ts';
import { SystemError, type Log } from '../../../singer/index.ts';
import { otherTableName, tableName } from '../names/names.ts';
import { widenColumns } from '../statements/widen.ts';
import { evolutionOf, fieldOf } from './evolve.ts';
import { existingTable, STREAM_LABEL, streamMark, type ExistingTable } from './existing.ts';
import { layoutOf, type LayoutOptions } from './layout.ts';
import { knownColumns, type KnownColumn, type KnownColumns, type TablePlan } from './plan.ts';

/** How often a table may be changed by others while we change it. */
const MAX_ROUNDS = 5;

export interface TablesOptions {
  readonly api: Api;
  readonly log: Log;
  readonly dataset: string;
  /** Runs a statement to its end. */
  readonly query: (sql: string, what: string, table: TableReference) => Promise<unknown>;
}

/** A table as a run knows it. */
interface Known {
  readonly stream: string;
  existing: ExistingTable | undefined;
  /** What it has, and what plans have promised. */
  readonly columns: Map<string, KnownColumn>;
}

/** The tables of a dataset: finds them, makes them, and makes them fit what is to be loaded. */
export class Tables {
  readonly #o: TablesOptions;
  readonly #byTable = new Map<string, Known>();
  readonly #byStream = new Map<string, string>();

  constructor(options: TablesOptions) {
    this.#o = options;
  }

  /** The table of a stream, whose name no other stream has, and what is known of it. */
  async of(stream: string): Promise<{ readonly table: string; readonly columns: KnownColumns }> {
    const table = this.#byStream.get(stream) ?? (await this.#find(stream));
    return { table, columns: this.#byTable.get(table)!.columns };
  }

  /** Later plans of the stream see what this one has planned. */
  promise({ table, columns }: TablePlan): void {
    const known = this.#byTable.get(table)!;
    for (const { name, type } of columns) known.columns.set(name.toLowerCase(), { name, type });
  }

  reference(table: string): TableReference {
    const { api, dataset } = this.#o;
    return { projectId: api.project, datasetId: dataset, tableId: table };
  }

  /** Makes the table, or what it lacks for the plan: all columns in one patch, all wider types in one statement. */
  async ensure(plan: TablePlan, layout: LayoutOptions): Promise<void> {
    const known = this.#byTable.get(plan.table)!;
    for (let round = 1; ; round++) {
      try {
        known.existing ??= await this.#create(plan, layout);
        await this.#evolve(known, plan);
        return;
      } catch (error) {
        const reason = reasonOf(error);
        if ((reason !== 'duplicate' && reason !== 'conditionNotMet') || round === MAX_ROUNDS) throw error;
        // Somebody else was quicker: what they have made is looked at.
        known.existing = await this.#read(plan.table);
      }
    }
  }

  async #find(stream: string): Promise<string> {
    const [table, existing] =
      (await this.#own(stream, tableName(stream))) ?? (await this.#own(stream, otherTableName(stream))) ?? noName(stream);
    this.#byStream.set(stream, table);
    this.#byTable.set(table, { stream, existing, columns: knownColumns(existing) });
    return table;
  }

  /** The table of this name, if it is not another stream's. */
  async #own(stream: string, table: string): Promise<readonly [string, ExistingTable | undefined] | undefined> {
    if (this.#byTable.has(table)) return undefined;
    const existing = await this.#read(table);
    const isOthers = existing?.streamMark !== undefined && existing.streamMark !== streamMark(stream);
    return isOthers ? undefined : [table, existing];
  }

  async #read(table: string): Promise<ExistingTable | undefined> {
    const { api, dataset } = this.#o;
    try {
      const found = await api.call<TableResource>({
        method: 'GET',
        path: this.#path(table),
        what: `Looking at ${table}`,
        place: { dataset, table },
      });
      const existing = existingTable(found);
      if (existing.isTable) return existing;
    } catch (error) {
      if (reasonOf(error) === 'notFound') return undefined;
      throw error;
    }
    throw new SystemError(`${dataset}.${table} is no table that rows can be loaded into`, {
      code: 'not-a-table',
      facts: { dataset, table },
      hint: 'It is a view or an external table: rename it, or give the stream another name by stream_maps.',
    });
  }

  async #create(plan: TablePlan, layout: LayoutOptions): Promise<ExistingTable> {
    const { api, dataset, log } = this.#o;
    const { table, stream } = plan;
    const body: TableResource = {
      tableReference: this.reference(table),
      schema: { fields: plan.columns.map(fieldOf) },
      labels: { [STREAM_LABEL]: streamMark(stream) },
      ...layoutOf(plan, layout),
    };
    const path = `/datasets/${encodeURIComponent(dataset)}/tables`;
    const made = await api.call<TableResource>({
      method: 'POST',
      path,
      body,
      what: `Making ${table}`,
      place: { dataset, table, stream },
    });
    log.info('Made a table', { stream, table, columns: plan.columns.length });
    return existingTable(made);
  }

  async #evolve(known: Known, { stream, table, columns }: TablePlan): Promise<void> {
    const { api, dataset, log, query } = this.#o;
    const { added, fields, relaxed, widenings } = evolutionOf(known.existing!, columns);
    const place = { dataset, table, stream };
    const what = `Changing ${table}`;
    if (fields !== undefined) {
      const etag = known.existing!.etag;
      const body: TableResource = { schema: { fields } };
      const changed = await api.call<TableResource>({
        method: 'PATCH',
        path: this.#path(table),
        body,
        what,
        place,
        ...(etag === undefined ? {} : { etag }),
      });
      known.existing = existingTable(changed);
      log.info('Changed a table', { stream, table, added, relaxed });
    }
    if (widenings.length === 0) return;
    const reference = this.reference(table);
    await query(widenColumns(reference, widenings), what, reference);
    log.info('Widened columns', { stream, table, columns: widenings.map(({ column }) => column) });
    known.existing = await this.#read(table);
  }

  #path(table: string): string {
    return `/datasets/${encodeURIComponent(this.#o.dataset)}/tables/${encodeURIComponent(table)}`;
  }
}

function noName(stream: string): never {
  throw new SystemError(`Every table name for ${stream} belongs to another stream`, {
    code: 'table-taken',
    facts: { stream },
    hint: 'Give the stream another name by stream_maps.',
  });
}
