import { randomUUID } from 'node:crypto';
import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import { refuseIncomplete, type InputEnd } from '../../../singer/index.ts';
import { billed, costOf } from '../jobs/cost.ts';
import { loadFile } from '../jobs/load-job.ts';
import { isNewest } from '../jobs/newest.ts';
import { runStatement } from '../jobs/query.ts';
import type { Spooled } from '../parts/spool.ts';
import { replaceRows } from '../statements/merge.ts';
import { deleteAll } from '../statements/versions.ts';
import type { LayoutOptions } from '../tables/layout.ts';
import type { PlannedColumn, TablePlan } from '../tables/plan.ts';
import type { Tables } from '../tables/tables.ts';
import { activate } from './activate.ts';
import type { LoadContext } from './append.ts';
import type { Counts } from './tally.ts';
import { changesOf, type Batch } from './upsert.ts';

export interface OverwriteOptions {
  readonly layout: LayoutOptions;
  /** A complete stream without a record empties its table. */
  readonly allowEmpty: boolean;
}

/** What is to take the place of a table's rows. */
interface Collected {
  plan: TablePlan;
  options: OverwriteOptions;
  /** Columns of all plans, each with the newest type. */
  readonly columns: Map<string, PlannedColumn>;
  rows: number;
  /** All rows, in a file that can take the place of the table's as it is. */
  whole: Spooled | undefined;
  stage: TableReference | undefined;
}

/**
 * Collects the streams of a run that overwrite their tables; nothing of them is seen before the run is proven complete. What comes in one
 * file waits on the disk and is loaded over the old rows, for nothing; more goes into a stage, and from there in one statement.
 */
export class Overwrites {
  readonly #context: LoadContext;
  readonly #tables: Tables;
  readonly #byStream = new Map<string, Collected>();

  constructor(context: LoadContext, tables: Tables) {
    this.#context = context;
    this.#tables = tables;
  }

  /** True while rows wait for the end of the run. */
  get isPending(): boolean {
    return this.#byStream.size > 0;
  }

  /** @param last the input has ended: no more can come but what is at hand */
  async add(batch: Batch, options: OverwriteOptions, last: boolean): Promise<void> {
    const { activate: version, files, plan, rows } = batch;
    const collected = this.#collectedFor(plan, options);
    const filled = files.filter((file) => file.rows > 0);
    const isFirst = collected.rows === 0;
    collected.rows += rows;
    if (isFirst && last && version === undefined && filled.length === 1 && isWhole(filled[0]!)) {
      collected.whole = filled[0];
      return;
    }
    if (rows > 0) await this.#intoStage(collected, filled);
    if (version !== undefined && collected.stage !== undefined) {
      // What replaces a table has no place for rows of the past.
      await activate(this.#context, this.#tables, plan, { version, hard: true, table: collected.stage });
    }
  }

  /**
   * Puts what was collected in the place of what is there; gives what became of the rows of each stream. Throws InputError
   * `overwrite-incomplete`, with nothing done, when a stream that would replace its table was not read to its end.
   */
  async finish({ complete, putAside }: InputEnd, onEof: boolean, done: (stream: string, counts: Counts) => void): Promise<void> {
    const all = [...this.#byStream.values()];
    const replacing = all.filter(({ rows }) => rows > 0).map(({ plan }) => plan.stream);
    if (!onEof) refuseIncomplete(replacing, complete);
    await Promise.all(
      all.map(async (collected) => {
        const { stream } = collected.plan;
        await this.#tables.ensure({ ...collected.plan, columns: [...collected.columns.values()] }, collected.options.layout);
        if (collected.rows > 0) return done(stream, await this.#replace(collected));
        const isEmptied = collected.options.allowEmpty && complete.has(stream) && putAside?.has(stream) !== true;
        if (isEmptied) return done(stream, await this.#empty(collected.plan));
        return this.#context.jobs.log.info('No record came: the rows stay as they are', { stream, table: collected.plan.table });
      }),
    );
    this.#byStream.clear();
  }

  async #replace(collected: Collected): Promise<Counts> {
    const { plan, whole } = collected;
    const loaded = whole === undefined ? undefined : await this.#loadOver(plan, whole);
    if (loaded !== undefined) return { replaced: loaded };
    if (whole !== undefined) await this.#intoStage(collected, [whole]);
    const stage = collected.stage!;
    const target = this.#tables.reference(plan.table);
    const sql = replaceRows({ target, stage, columns: [...collected.columns.values()], keys: plan.keys });
    const job = await runStatement(this.#context, { sql, what: `Replacing ${plan.table}`, work: 'replace', table: target });
    await this.#tables.drop(stage);
    const { deleted, inserted } = changesOf(job);
    const { jobs, pricePerTib } = this.#context;
    const cost = costOf(billed(job), pricePerTib);
    jobs.log.info('Replaced all rows', { stream: plan.stream, table: plan.table, before: deleted, rows: inserted, ...cost });
    return { replaced: inserted, bytes_billed: cost.bytes_billed };
  }

  /** Gives how many rows are there now; undefined, with nothing done, if the server does not know how to replace rows alone. */
  async #loadOver(plan: TablePlan, spooled: Spooled): Promise<number | undefined> {
    const { plan: _, ...file } = spooled;
    const table = this.#tables.reference(plan.table);
    try {
      return await loadFile(this.#context, {
        plan,
        table,
        what: `Replacing ${plan.table}`,
        file,
        disposition: 'WRITE_TRUNCATE_DATA',
        fields: this.#tables.existing(plan.table)!.fields,
        idOf: this.#context.names.of({ table, work: 'replace', content: file.digest }),
        counts: async (found) =>
          this.#context.order.counts(table, found) && isNewest(this.#context.api, table, found, `Replacing ${plan.table}`),
      });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== 'invalid' && reason !== 'badRequest') throw error;
      return undefined;
    }
  }

  async #empty(plan: TablePlan): Promise<Counts> {
    const table = this.#tables.reference(plan.table);
    const job = await runStatement(this.#context, {
      sql: deleteAll(table),
      what: `Emptying ${plan.table}`,
      work: 'empty',
      table,
    });
    return { deleted: changesOf(job).deleted, bytes_billed: billed(job) };
  }

  async #intoStage(collected: Collected, files: readonly Spooled[]): Promise<void> {
    const { plan, whole } = collected;
    collected.stage ??= this.#tables.stageReference(`${plan.table}__tapline_new_${randomUUID().slice(0, 8)}`);
    if (whole !== undefined && !files.includes(whole)) {
      collected.whole = undefined;
      await this.#intoStage(collected, [whole]);
    }
    for (const { plan: ofFile, ...file } of files) {
      await this.#tables.stage(ofFile, collected.stage.tableId);
      await loadFile(this.#context, {
        plan: ofFile,
        table: collected.stage,
        what: `Loading rows for ${plan.table}`,
        file,
        disposition: 'WRITE_APPEND',
        idOf: this.#context.names.of({ table: collected.stage, work: 'load', content: file.digest }),
      });
    }
  }

  #collectedFor(plan: TablePlan, options: OverwriteOptions): Collected {
    const collected = this.#byStream.get(plan.stream) ?? {
      plan,
      options,
      columns: new Map<string, PlannedColumn>(),
      rows: 0,
      whole: undefined,
      stage: undefined,
    };
    this.#byStream.set(plan.stream, collected);
    collected.plan = plan;
    collected.options = options;
    for (const column of plan.columns) collected.columns.set(column.name.toLowerCase(), column);
    return collected;
  }
}

/** Nothing has to be done to the rows of the file: one for each key, or there is no key. */
function isWhole({ isUnique, plan }: Spooled): boolean {
  return isUnique || plan.keys.length === 0;
}
