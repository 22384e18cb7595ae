import {
  Changed,
  type Destination,
  type Encoder,
  type Json,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../singer/index.ts';
import { runStatement } from './jobs/query.ts';
import { appendFile, type LoadContext } from './methods/append.ts';
import { createRowEncoder } from './parts/encoder.ts';
import { clockBytes } from './parts/metadata.ts';
import { Spool, type Spooled } from './parts/spool.ts';
import type { TargetConfig } from './settings.ts';
import { planTable, type TablePlan } from './tables/plan.ts';
import { Tables } from './tables/tables.ts';

/** Tables that are loaded at once. */
const PARALLEL = 8;

interface Opened {
  readonly plan: TablePlan;
  readonly config: TargetConfig;
}

/**
 * Loads units into BigQuery. Rows of many units are collected on the disk, one file for each stream and schema; then one load job for each
 * file brings them in, all streams at once. Only when all jobs are done, and every row is accounted for, are the units committed.
 */
export class BigQueryDestination implements Destination<TargetConfig> {
  readonly #config: TargetConfig;
  readonly #run: TargetRun;
  readonly #context: LoadContext;
  readonly #tables: Tables;
  readonly #spool: Spool;
  readonly #changed: Changed;
  readonly #streams = new WeakMap<StreamHeader, Opened>();
  readonly #byPlan = new WeakMap<TablePlan, TargetConfig>();
  readonly #appended = new Map<string, number>();
  #newestState = '';
  #loadedAt: number;

  constructor(config: TargetConfig, run: TargetRun, context: LoadContext) {
    const { api } = context;
    const { dataset } = config;
    this.#config = config;
    this.#run = run;
    this.#context = context;
    this.#tables = new Tables({
      api,
      log: run.log,
      dataset,
      query: (sql, what, table) => runStatement(context, { sql, what, table, work: 'alter' }),
    });
    this.#spool = new Spool({ compression: config.compression, clockBytes: (plan) => clockBytes(plan.row, run) });
    this.#changed = new Changed(run.log);
    this.#loadedAt = Date.now();
  }

  async openStream(header: StreamHeader, config: TargetConfig): Promise<Encoder> {
    const { stream } = header;
    const { table, columns } = await this.#tables.of(stream);
    const plan = planTable(header, table, columns, {
      denormalized: config.denormalized,
      metadata: config.add_record_metadata,
      casing: config.column_casing,
      types: { numberType: config.number_type },
    });
    this.#tables.promise(plan);
    for (const { column, variant } of plan.variants) {
      this.#run.log.warnOnce(
        `variant ${table}.${variant}`,
        'A column cannot take the type that the stream has now; values go beside it',
        {
          stream,
          column,
          variant,
        },
      );
    }
    this.#streams.set(header, { plan, config });
    this.#byPlan.set(plan, config);
    return createRowEncoder(plan.row, this.#run, {
      validated: config.validate_records ?? true,
      onChange: (column, reason) => this.#changed.add(stream, column, reason),
    });
  }

  async load(unit: Unit): Promise<'committed' | 'open'> {
    if (unit.state !== undefined) this.#newestState = unit.state;
    for (const part of unit.parts) {
      const opened = this.#streams.get(part.header)!;
      await this.#spool.add(opened.plan, part);
      if (part.activate !== undefined) {
        this.#run.log.warnOnce(
          `activate ${opened.plan.stream}`,
          'Versions are not activated in BigQuery yet: rows of older ones stay',
          {
            stream: opened.plan.stream,
          },
        );
      }
    }
    const { load_interval_seconds: interval, load_size_bytes: size } = this.#config;
    const isDue = unit.last || this.#spool.bytes >= size || Date.now() - this.#loadedAt >= interval * 1000;
    if (!isDue) return 'open';
    await this.#loadAll();
    return 'committed';
  }

  async finish(): Promise<void> {
    await this.#loadAll();
    this.#changed.report();
  }

  async close(): Promise<void> {
    await this.#spool.close();
  }

  summary(stream: string): Readonly<Record<string, Json>> {
    const appended = this.#appended.get(stream);
    return appended === undefined ? {} : { appended };
  }

  /** One job for each file; files of one table one after another, in order. */
  async #loadAll(): Promise<void> {
    this.#context.names.state = this.#newestState;
    const byTable = new Map<string, Spooled[]>();
    for (const file of await this.#spool.take()) byTable.set(file.plan.table, [...(byTable.get(file.plan.table) ?? []), file]);
    const waiting = [...byTable.values()];
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let files = waiting.shift(); files !== undefined && failures.length === 0; files = waiting.shift()) {
        for (const file of files) await this.#loadFile(file);
      }
    };
    // The others are let finish: what they have handed in is done in any case.
    await Promise.all(
      Array.from({ length: Math.min(PARALLEL, waiting.length) }, () => work().catch((error: unknown) => failures.push(error))),
    );
    if (failures.length > 0) throw failures[0];
    this.#loadedAt = Date.now();
  }

  async #loadFile(spooled: Spooled): Promise<void> {
    const { plan, rows } = spooled;
    const config = this.#byPlan.get(plan)!;
    await this.#tables.ensure(plan, {
      granularity: config.partition_granularity,
      expirationDays: config.partition_expiration_days,
      clusterOnKey: config.cluster_on_key_properties,
    });
    if (rows === 0) return;
    const loaded = await appendFile(this.#context, spooled, this.#tables.reference(plan.table));
    this.#appended.set(plan.stream, (this.#appended.get(plan.stream) ?? 0) + loaded);
  }
}
