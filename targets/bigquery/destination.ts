import { createHash } from 'node:crypto';
import {
  Changed,
  ConfigError,
  type Destination,
  type Encoder,
  type InputEnd,
  type Json,
  type Part,
  type Quarantine,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../singer/index.ts';
import { Refusals } from './blame/refusals.ts';
import type { LinesFile } from './blame/cut-lines.ts';
import { findEarlierLoads } from './jobs/earlier.ts';
import { loadFile } from './jobs/load-job.ts';
import { runStatement } from './jobs/query.ts';
import { Slots } from './jobs/slots.ts';
import { activate } from './methods/activate.ts';
import { appendFile, type LoadContext } from './methods/append.ts';
import { Overwrites } from './methods/overwrite.ts';
import { Tally } from './methods/tally.ts';
import { upsert, type Batch } from './methods/upsert.ts';
import { counted } from './parts/counted.ts';
import { createRowEncoder } from './parts/encoder.ts';
import { KeyProof, KEYS_REMEMBERED } from './parts/key-proof.ts';
import { KnownRows } from './parts/known-rows.ts';
import { clockBytes } from './parts/metadata.ts';
import { canBound, RowFacts, type PartitionColumn } from './parts/row-facts.ts';
import { RowNumbers } from './parts/row-numbers.ts';
import { Spool, type Known, type Spooled, type Staging } from './parts/spool.ts';
import type { Planned } from './plan/explain.ts';
import type { TargetConfig } from './settings.ts';
import { stateTableOf, type StateTable } from './state/state-table.ts';
import { layoutOf, type LayoutOptions } from './tables/layout.ts';
import { methodOf } from './tables/method.ts';
import { planTable, type TablePlan } from './tables/plan.ts';
import { Tables } from './tables/tables.ts';
import { isPlainType } from './types/types.ts';

/** Tables that are loaded at once: most of the time their jobs are waited for. */
const PARALLEL = 100;
/** So many times the size of a load wait at most for the end of what an earlier run has loaded. */
const UNDECIDED = 2;

interface Opened {
  readonly plan: TablePlan;
  readonly config: TargetConfig;
}

/**
 * Loads units into BigQuery. Rows of many units are collected on the disk, one file for each stream and schema; then one load job for each
 * file brings them in, and where rows have keys one MERGE, all streams at once. Only when all jobs are done, and every row is accounted for,
 * are the units committed; while a stream is collected that overwrites its table, not before the end of the run.
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
  readonly #tally: Tally;
  readonly #overwrites: Overwrites;
  readonly #numbers = new Map<string, RowNumbers>();
  readonly #keyRoom = { left: KEYS_REMEMBERED };
  readonly #refusals: Refusals;
  readonly #slots = new Slots(PARALLEL);
  /** By table. */
  readonly #known = new Map<string, Known>();
  readonly #states: StateTable | undefined;
  /** Tables of all streams. */
  readonly #opened = new Set<string>();
  #newestState = '';
  /** The state that the table of states holds, as far as this run has written it. */
  #keptState = '';
  #loadedAt: number;

  constructor(config: TargetConfig, run: TargetRun, open: Omit<LoadContext, 'refusals'>) {
    this.#refusals = new Refusals({
      compression: config.compression,
      goesOn: (plan) => this.#byPlan.get(plan)!.on_bad_record === 'quarantine',
      write: (part, file, content) => this.#writeRefused(part, file, content),
    });
    const context = { ...open, refusals: this.#refusals };
    const { api } = context;
    const { dataset } = config;
    this.#config = config;
    this.#run = run;
    this.#context = context;
    this.#tables = new Tables({
      api,
      log: run.log,
      dataset,
      order: context.order,
      pace: context.pace,
      stageDataset: config.temporary_dataset ?? dataset,
      stageHours: config.temporary_table_expiration_hours,
      query: (sql, what, table) => runStatement(context, { sql, what, table, work: 'alter' }),
    });
    this.#overwrites = new Overwrites(context, this.#tables);
    this.#states = stateTableOf(context, config);
    this.#spool = new Spool({
      compression: config.compression,
      pieceBytes: open.way.pieceBytes,
      // A run whose name is its own is never begun again.
      clockBytes: config.run_id === undefined ? undefined : (plan) => clockBytes(plan.row, run),
      stagingOf: (plan) => this.#stagingOf(plan),
      knownOf: ({ table }) => this.#known.get(table),
      onKnown: (plan, rows, job) => this.#leftOut(plan, rows, job),
    });
    this.#changed = new Changed(run.log);
    this.#tally = new Tally(config.price_per_tib);
    this.#loadedAt = Date.now();
  }

  /** Before any input is read. Throws SystemError. */
  async begin(): Promise<void> {
    await this.#states?.ensure();
  }

  async openStream(header: StreamHeader, config: TargetConfig): Promise<Encoder> {
    const { stream } = header;
    if (config.primary_key_required && header.keys.length === 0) throw withoutKey(stream);
    const { table, columns } = await this.#tables.of(stream);
    const plan = planTable(header, table, columns, {
      denormalized: config.denormalized,
      nested: config.nested === 'struct',
      method: methodOf(stream, header.keys, config),
      hardDelete: config.hard_delete,
      metadata: config.add_record_metadata,
      view: config.generate_view,
      casing: columnCasing(config),
      types: { numberType: config.number_type },
    });
    this.#tables.promise(plan);
    this.#opened.add(table);
    this.#tellPartitions(plan, layoutOf(plan, layoutOptions(config)));
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
    const known = await this.#knownOf(plan);
    const encoder = createRowEncoder(plan.row, this.#run, {
      validated: config.validate_records ?? true,
      onChange: (column, reason) => this.#changed.add(stream, column, reason),
    });
    return known === undefined || !known.isLooking ? encoder : counted(encoder, (rows) => known.rowsCame(rows));
  }

  stateCame(text: string): void {
    const looking = [...this.#known.values()].filter(({ isLooking }) => isLooking);
    if (looking.length === 0) return;
    const state = nameOfState(text);
    for (const known of looking) known.stateCame(state);
  }

  /** What was planned for a stream that was opened. */
  planOf(header: StreamHeader): Planned {
    const { config, plan } = this.#streams.get(header)!;
    const existing = this.#tables.existing(plan.table);
    return { plan, existing, reference: this.#tables.reference(plan.table), layout: layoutOf(plan, layoutOptions(config)) };
  }

  async load(unit: Unit, quarantine?: Quarantine): Promise<'committed' | 'open'> {
    this.#refusals.use(quarantine);
    if (unit.state !== undefined) this.#newestState = unit.state;
    const parts = unit.parts.map((part) => ({ ...part, plan: this.#streams.get(part.header)!.plan }));
    if (parts.length > 0 || unit.state !== undefined) await this.#spool.add(parts, unit.state !== undefined);
    if (!this.#isDue(unit)) return 'open';
    await this.#loadAll(unit.last);
    if (this.#overwrites.isPending) return 'open';
    await this.#keepState();
    return 'committed';
  }

  /** All rows that the newest state covers are where they belong. */
  async #keepState(): Promise<void> {
    if (this.#newestState === this.#keptState) return;
    await this.#states?.write(this.#newestState);
    this.#keptState = this.#newestState;
  }

  #isDue({ ends, last, parts, state }: Unit): boolean {
    const { load_interval_seconds: interval, load_size_bytes: size } = this.#config;
    if (last) return true;
    // What an earlier run has loaded is not loaded again: the rest of it must come first. Of rows that are others this is soon known.
    if (this.#spool.isUndecided) return this.#spool.bytes >= UNDECIDED * size;
    if (ends || this.#spool.bytes >= size) return true;
    // Rows that no STATE covers wait for one, unless a state has waited for long.
    return (state !== undefined || parts.length === 0) && Date.now() - this.#loadedAt >= interval * 1000;
  }

  async finish(end: InputEnd): Promise<void> {
    await this.#loadAll(true);
    await this.#overwrites.finish(end, this.#config.overwrite_on_eof, (stream, counts) => this.#tally.add(stream, counts));
    await this.#keepState();
    await this.#context.way.finish(this.#opened);
    this.#changed.report();
  }

  async close(): Promise<void> {
    await this.#spool.close();
  }

  summary(stream: string): Readonly<Record<string, Json>> {
    return this.#tally.of(stream);
  }

  /** All tables at once; the files of one table one after another, in order. */
  async #loadAll(last: boolean): Promise<void> {
    this.#context.names.state = this.#newestState;
    const byTable = new Map<string, Spooled[]>();
    for (const file of await this.#spool.take(nameOfState(this.#newestState)))
      byTable.set(file.plan.table, [...(byTable.get(file.plan.table) ?? []), file]);
    const failures: unknown[] = [];
    const work = async (files: readonly Spooled[]): Promise<void> => {
      await this.#ensureFor(files);
      for (const batch of batchesOf(files)) if (failures.length === 0) await this.#loadBatch(batch, last);
    };
    // The others are let finish: what they have handed in is done in any case.
    await Promise.all(
      [...byTable.values()].map((files) => this.#slots.run(() => work(files)).catch((error: unknown) => failures.push(error))),
    );
    if (failures.length > 0) throw failures[0];
    this.#loadedAt = Date.now();
  }

  /** The table of some files gets all that they need of it at once: it may be changed only a few times in some seconds. */
  async #ensureFor(files: readonly Spooled[]): Promise<void> {
    const { plan } = files.at(-1)!;
    if (plan.method === 'overwrite') return;
    // The newest plan knows of all before it: where they differ in a type, its own is the wider one.
    const columns = new Map(plan.columns.map((column) => [column.name.toLowerCase(), column]));
    for (const column of files.flatMap((file) => file.plan.columns)) {
      const name = column.name.toLowerCase();
      if (!columns.has(name)) columns.set(name, column);
    }
    await this.#tables.ensure({ ...plan, columns: [...columns.values()] }, layoutOptions(this.#byPlan.get(plan)!));
  }

  async #loadBatch(batch: Batch, last: boolean): Promise<void> {
    const { activate: version, files, plan, rows } = batch;
    const config = this.#byPlan.get(plan)!;
    const layout = layoutOptions(config);
    if (plan.method === 'overwrite')
      return this.#overwrites.add(batch, { layout, allowEmpty: config.allow_empty_overwrite }, last);
    if (rows > 0 && plan.method === 'upsert') this.#tally.add(plan.stream, await upsert(this.#context, this.#tables, batch));
    else if (rows > 0) {
      const table = this.#tables.reference(plan.table);
      for (const file of files)
        if (file.rows > 0) this.#tally.add(plan.stream, { appended: await appendFile(this.#context, file, table) });
    }
    if (version === undefined) return undefined;
    const counts = await activate(this.#context, this.#tables, plan, { version, hard: config.hard_delete });
    this.#tally.add(plan.stream, counts);
    return undefined;
  }

  /** What a table is partitioned by never changes: where the settings want something else, it is told. */
  #tellPartitions({ stream, table }: TablePlan, wanted: ReturnType<typeof layoutOf>): void {
    const there = this.#tables.existing(table);
    const field = wanted.timePartitioning?.field ?? wanted.rangePartitioning?.field;
    const isAsked = this.#config.partition_by !== undefined || this.#config.partition_granularity !== undefined;
    if (there === undefined || !isAsked || there.partitionedBy?.toLowerCase() === field?.toLowerCase()) return;
    this.#run.log.warnOnce(`partitions ${table}`, 'The table is partitioned otherwise than the settings say, and stays so', {
      stream,
      table,
      partitioned_by: there.partitionedBy,
      wanted: field,
    });
  }

  /** Rows of the quarantine are loaded at once, by jobs that are named by what was refused: what loads the other rows follows. */
  async #writeRefused(part: Part, file: LinesFile, content: string): Promise<void> {
    const { plan, config } = this.#streams.get(part.header)!;
    const table = this.#tables.reference(plan.table);
    await this.#tables.ensure(plan, layoutOptions(config));
    const idOf = this.#context.names.of({ table, work: 'refused', content });
    const what = `Loading ${plan.table}`;
    await loadFile(this.#context, { plan, table, what, file, disposition: 'WRITE_APPEND', idOf });
  }

  /** What earlier runs of this `run_id` have appended to a table; asked for once. */
  async #knownOf({ method, table }: TablePlan): Promise<Known | undefined> {
    if (this.#config.run_id === undefined || method !== 'append') return undefined;
    const { jobs, names } = this.#context;
    let known = this.#known.get(table);
    if (known === undefined) {
      const what = `Looking for what was loaded into ${table}`;
      known = new KnownRows(await findEarlierLoads(jobs, names, this.#tables.reference(table), what));
      this.#known.set(table, known);
    }
    return known;
  }

  #leftOut({ stream, table }: TablePlan, rows: number, job: string): void {
    this.#tally.add(stream, { appended_before: rows });
    this.#run.log.info(`Loading ${table}: the job was handed in before; its result is taken`, { job, rows });
  }

  /** What rows that meet others by their key need; undefined: they need nothing. */
  #stagingOf(plan: TablePlan): Staging | undefined {
    const { keys, method, table } = plan;
    if (method === 'append' || keys.length === 0) return undefined;
    const begun = this.#numbers.get(table);
    const numbers = begun ?? new RowNumbers();
    this.#numbers.set(table, numbers);
    const existing = this.#tables.existing(table);
    const facts = new RowFacts(
      keys,
      method === 'upsert' ? partitionColumn(plan, this.#byPlan.get(plan)!, existing?.partitionedBy) : undefined,
    );
    // Rows that are known to be one per key can go straight into an empty table, or over what is there. What replaces a table is collected
    // over the whole run: only its first rows may be without numbers, since rows of two proofs could not be told apart.
    const isWorthIt = method === 'upsert' ? existing?.isEmpty !== false : begun === undefined;
    const types = keys.map((key) => plan.columns.find(({ name }) => name === key)!.type.type);
    if (!isWorthIt || plan.deletedAt !== undefined || !KeyProof.canTell(types)) return { facts, numbers };
    return { facts, numbers, proof: new KeyProof(keys, this.#keyRoom) };
  }
}

function withoutKey(stream: string): ConfigError {
  return new ConfigError([
    { path: 'primary_key_required', message: `${stream} has no key: name one in the tap, or let it be appended` },
  ]);
}

/** column_casing, or what z3z1ma's plugin calls it. */
function columnCasing({
  column_casing: casing,
  column_name_transforms: transforms,
}: TargetConfig): TargetConfig['column_casing'] {
  if (casing !== 'keep') return casing;
  return transforms?.snake_case ? 'snake' : transforms?.lower ? 'lower' : 'keep';
}

/** Empty where none came. */
function nameOfState(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function layoutOptions(config: TargetConfig): LayoutOptions {
  return {
    partitionBy: config.partition_by,
    range: config.partition_range,
    requireFilter: config.require_partition_filter,
    granularity: config.partition_granularity,
    expirationDays: config.partition_expiration_days,
    clusterOnKey: config.cluster_on_key_properties,
    clusteringFields: config.clustering_fields,
    tableExpirationDays: config.table_expiration_days,
    kmsKey: config.kms_key,
    labels: config.labels ?? {},
  };
}

/** The column that partitions a table, if rows of one key never differ in it, or are said not to: then it says where they are. */
function partitionColumn(
  { columns, keys }: TablePlan,
  { merge_within_partitions: isFixed }: TargetConfig,
  partitionedBy: string | undefined,
): PartitionColumn | undefined {
  const column = columns.find(({ name }) => name.toLowerCase() === partitionedBy?.toLowerCase());
  const isKnown = column !== undefined && isPlainType(column.type) && canBound(column.type.type);
  return isKnown && (isFixed || keys.includes(column.name)) ? { name: column.name, type: column.type.type } : undefined;
}

/** Files of one plan that follow each other, up to a version that is activated. */
function batchesOf(files: readonly Spooled[]): Batch[] {
  const batches: Batch[] = [];
  for (const file of files) {
    const before = batches.at(-1);
    const isBegun = before !== undefined && before.plan === file.plan && before.activate === undefined;
    if (isBegun) batches.pop();
    batches.push({
      plan: file.plan,
      files: isBegun ? [...before.files, file] : [file],
      rows: (isBegun ? before.rows : 0) + file.rows,
      ...(file.activate === undefined ? {} : { activate: file.activate }),
    });
  }
  return batches;
}
