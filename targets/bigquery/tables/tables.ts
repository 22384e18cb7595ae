import type { Api } from '../../../clients/bigquery/api.ts';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import type { FieldResource, TableReference, TableResource } from '../../../clients/bigquery/resources.ts';
import { SystemError, type Log } from '../../../singer/index.ts';
import type { Pace } from '../jobs/pace.ts';
import type { TableOrder } from '../jobs/order.ts';
import { otherTableName, tableName } from '../names/names.ts';
import { ORDER } from '../statements/merge.ts';
import { widenColumns } from '../statements/widen.ts';
import { evolutionOf, fieldOf, joinedField } from './evolve.ts';
import { existingTable, KEY_LABEL, keyMark, STREAM_LABEL, streamMark, type ExistingTable } from './existing.ts';
import { clusteringKeys, layoutOf, type LayoutOptions } from './layout.ts';
import { knownColumns, type KnownColumn, type KnownColumns, type PlannedColumn, type TablePlan } from './plan.ts';
import { ensureView } from './view.ts';

/** How often a table may be changed by others while we change it. */
const MAX_ROUNDS = 5;
const HOUR_MS = 3_600_000;
/** The label of a table that keeps rows on their way; its value says of which stream. */
const STAGE_LABEL = 'tapline_stage';

export interface TablesOptions {
  readonly api: Api;
  readonly log: Log;
  readonly dataset: string;
  readonly order: TableOrder;
  readonly pace: Pace;
  /** Where stages are made. */
  readonly stageDataset: string;
  /** Until a stage is dropped by itself. */
  readonly stageHours: number;
  /** Runs a statement to its end. */
  readonly query: (sql: string, what: string, table: TableReference) => Promise<unknown>;
}

/** A table as a run knows it. */
interface Known {
  readonly stream: string;
  readonly reference: TableReference;
  existing: ExistingTable | undefined;
  /** What it has, and what plans have promised. */
  readonly columns: Map<string, KnownColumn>;
}

/** The tables of a dataset: finds them, makes them, and makes them fit what is to be loaded. */
export class Tables {
  readonly #o: TablesOptions;
  readonly #byTable = new Map<string, Known>();
  readonly #byStream = new Map<string, string>();
  /** Columns of views that are there. */
  readonly #viewed = new WeakSet<NonNullable<TablePlan['view']>>();

  constructor(options: TablesOptions) {
    this.#o = options;
  }

  /** The table of a stream, whose name no other stream has, and what is known of it. */
  async of(stream: string): Promise<{ readonly table: string; readonly columns: KnownColumns }> {
    const table = this.#byStream.get(stream) ?? (await this.#find(stream));
    return { table, columns: this.#byTable.get(table)!.columns };
  }

  /** Later plans of the stream see what this one has planned. Throws SystemError `key-changed`. */
  promise(plan: TablePlan): void {
    const { table, columns } = plan;
    const known = this.#byTable.get(table)!;
    if (known.existing !== undefined) refuseOtherKey(known.existing, plan);
    for (const { name, type } of columns) known.columns.set(name.toLowerCase(), { name, type });
  }

  reference(table: string): TableReference {
    const { api, dataset } = this.#o;
    return { projectId: api.project, datasetId: dataset, tableId: table };
  }

  stageReference(table: string): TableReference {
    return { ...this.reference(table), datasetId: this.#o.stageDataset };
  }

  /** What is known of a table that is there or was made. */
  existing(table: string): ExistingTable | undefined {
    return this.#byTable.get(table)?.existing;
  }

  /** A table that was empty has rows now. */
  filled(table: string): void {
    const known = this.#byTable.get(table)!;
    if (known.existing !== undefined) known.existing = { ...known.existing, isEmpty: false };
  }

  /** Makes a stage for rows of a plan, or what it lacks for them. One that is there is taken. */
  async stage(plan: TablePlan, tableId: string): Promise<TableReference> {
    const { api, pace, stageDataset: dataset, stageHours } = this.#o;
    const columns = [...plan.columns, { name: ORDER, type: { type: 'INT64' }, compared: false } as const];
    const known = this.#byTable.get(tableId);
    const reference = this.stageReference(tableId);
    if (known !== undefined) {
      await this.#evolve(known, { ...plan, table: tableId, method: 'append', columns });
      return reference;
    }
    const fields = clusteringKeys(plan);
    const body: TableResource = {
      tableReference: reference,
      schema: { fields: columns.map((column) => this.#stageField(plan.table, column)) },
      labels: { [STAGE_LABEL]: streamMark(plan.stream) },
      expirationTime: String(Date.now() + stageHours * HOUR_MS),
      ...(fields.length === 0 ? {} : { clustering: { fields } }),
    };
    const place = { dataset, table: tableId, stream: plan.stream };
    const make = (): Promise<TableResource> =>
      api.call({ method: 'POST', path: tablesOf(reference), body, what: `Making ${tableId}`, place });
    const made = await pace.change(reference, make).catch(async (error: unknown) => {
      if (reasonOf(error) !== 'duplicate') throw error;
      return this.#resource(reference);
    });
    this.#byTable.set(tableId, { stream: plan.stream, reference, existing: existingTable(made), columns: new Map() });
    return reference;
  }

  /**
   * As long as in the table for which the rows are: what is longer is refused when it is loaded, and not by the merge, which names no row. A STRUCT
   * has all members of the table's, in their order: a merge takes it as a whole.
   */
  #stageField(table: string, column: PlannedColumn): FieldResource {
    const name = column.name.toLowerCase();
    const there = this.existing(table)?.fields.find((field) => field.name.toLowerCase() === name);
    if (there?.fields !== undefined && column.type.type === 'STRUCT') return joinedField(there, column.type);
    return { ...fieldOf(column), ...(there?.maxLength === undefined ? {} : { maxLength: there.maxLength }) };
  }

  /** Rows in a table as BigQuery counts them; undefined if the table is not there. */
  async rows(table: TableReference): Promise<number | undefined> {
    try {
      return Number((await this.#resource(table)).numRows ?? Number.NaN);
    } catch (error) {
      if (reasonOf(error) === 'notFound') return undefined;
      throw error;
    }
  }

  /** Drops a stage. If that fails it goes by itself later. */
  async drop(stage: TableReference): Promise<void> {
    const { api, log } = this.#o;
    const { datasetId: dataset, tableId } = stage;
    this.#byTable.delete(tableId);
    try {
      const place = { dataset, table: tableId };
      await api.call({ method: 'DELETE', path: pathOf(stage), what: `Dropping ${tableId}`, place });
    } catch (error) {
      api.signal.throwIfAborted();
      if (reasonOf(error) === 'notFound') return;
      log.warn('A table of rows on their way could not be dropped; it expires', {
        dataset,
        table: tableId,
        reason: reasonOf(error),
      });
    }
  }

  /** Makes the table, or what it lacks for the plan: all columns in one patch, all wider types in one statement; and its view. */
  async ensure(plan: TablePlan, layout: LayoutOptions): Promise<void> {
    const known = this.#byTable.get(plan.table)!;
    for (let round = 1; ; round++) {
      try {
        known.existing ??= await this.#create(plan, layout);
        await this.#evolve(known, plan);
        break;
      } catch (error) {
        const reason = reasonOf(error);
        if ((reason !== 'duplicate' && reason !== 'conditionNotMet') || round === MAX_ROUNDS) throw error;
        // Somebody else was quicker: what they have made is looked at.
        known.existing = await this.#read(plan.table);
      }
    }
    if (plan.view === undefined || this.#viewed.has(plan.view)) return;
    await ensureView(this.#o.api, this.#o.log, this.reference(plan.table), plan);
    this.#viewed.add(plan.view);
  }

  async #find(stream: string): Promise<string> {
    const [table, existing] =
      (await this.#own(stream, tableName(stream))) ?? (await this.#own(stream, otherTableName(stream))) ?? noName(stream);
    this.#byStream.set(stream, table);
    this.#byTable.set(table, { stream, reference: this.reference(table), existing, columns: knownColumns(existing) });
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
    const { dataset } = this.#o;
    try {
      const existing = existingTable(await this.#resource(this.reference(table)));
      this.#o.order.made(this.reference(table), existing.creationTime);
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

  #resource(reference: TableReference): Promise<TableResource> {
    const { datasetId: dataset, tableId: table } = reference;
    const what = `Looking at ${table}`;
    return this.#o.api.call<TableResource>({ method: 'GET', path: pathOf(reference), what, place: { dataset, table } });
  }

  async #create(plan: TablePlan, layout: LayoutOptions): Promise<ExistingTable> {
    const { api, dataset, log, pace } = this.#o;
    const { table, stream } = plan;
    const body: TableResource = {
      tableReference: this.reference(table),
      schema: { fields: plan.columns.map(fieldOf) },
      labels: { ...layout.labels, [STREAM_LABEL]: streamMark(stream), ...keyLabel(plan) },
      ...layoutOf(plan, layout),
    };
    const what = `Making ${table}`;
    const place = { dataset, table, stream };
    const make = (): Promise<TableResource> =>
      api.call({ method: 'POST', path: tablesOf(body.tableReference!), body, what, place });
    const made = await pace.change(this.reference(table), make);
    log.info('Made a table', { stream, table, columns: plan.columns.length });
    this.#o.order.made(this.reference(table), made.creationTime);
    return { ...existingTable(made), isEmpty: true };
  }

  async #evolve(known: Known, plan: TablePlan): Promise<void> {
    const { stream, table, columns } = plan;
    const { api, log, pace, query } = this.#o;
    const { reference } = known;
    const { added, fields, relaxed, widenings } = evolutionOf(known.existing!, columns);
    const place = { dataset: reference.datasetId, table, stream };
    const what = `Changing ${table}`;
    const labels = keyLabel(plan);
    refuseOtherKey(known.existing!, plan);
    const isMarked = labels === undefined || known.existing!.keyMark !== undefined;
    if (fields !== undefined || !isMarked) {
      const { etag, isEmpty } = known.existing!;
      const body: TableResource = {
        ...(fields === undefined ? {} : { schema: { fields } }),
        ...(isMarked ? {} : { labels: { ...known.existing!.labels, ...labels } }),
      };
      const match = etag === undefined ? {} : { etag };
      const patch = (): Promise<TableResource> =>
        api.call({ method: 'PATCH', path: pathOf(reference), body, what, place, ...match });
      const changed = await pace.change(reference, patch);
      known.existing = { ...existingTable(changed), isEmpty };
      if (fields !== undefined) log.info('Changed a table', { stream, table, added, relaxed });
    }
    if (widenings.length === 0) return;
    await query(widenColumns(reference, widenings), what, reference);
    log.info('Widened columns', { stream, table, columns: widenings.map(({ column }) => column) });
    known.existing = existingTable(await this.#resource(reference));
  }
}

function tablesOf({ datasetId }: TableReference): string {
  return `/datasets/${encodeURIComponent(datasetId)}/tables`;
}

function pathOf(table: TableReference): string {
  return `${tablesOf(table)}/${encodeURIComponent(table.tableId)}`;
}

/** What notes in the table by which key its rows are kept; undefined: by none. */
function keyLabel({ keys, method }: TablePlan): Readonly<Record<string, string>> | undefined {
  return method === 'upsert' ? { [KEY_LABEL]: keyMark(keys) } : undefined;
}

function refuseOtherKey({ keyMark: noted }: ExistingTable, { keys, method, stream, table }: TablePlan): void {
  if (method !== 'upsert' || noted === undefined || noted === keyMark(keys)) return;
  const there = noted.split('-');
  throw new SystemError(`Rows of ${table} are kept by ${there.join(', ')}; the key of ${stream} is now ${keys.join(', ')}`, {
    code: 'key-changed',
    facts: { stream, table, keys: there, needed: keys },
    hint: `Drop or rename the table and load it anew. If its rows are unique by the new key, remove its label ${KEY_LABEL}.`,
  });
}

function noName(stream: string): never {
  throw new SystemError(`Every table name for ${stream} belongs to another stream`, {
    code: 'table-taken',
    facts: { stream },
    hint: 'Give the stream another name by stream_maps.',
  });
}
