import type { Session } from '../../clients/postgres/connect.ts';
import { Transactor, type End } from '../../clients/postgres/transactor.ts';
import {
  Changed,
  SystemError,
  type Destination,
  type InputEnd,
  type Encoder,
  type Json,
  type Part,
  type Quarantine,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../singer/index.ts';
import { currentSchema } from './tables/catalog.ts';
import { activate } from './methods/activate.ts';
import { Appends } from './methods/appends.ts';
import type { StreamPlan } from './plan/answer.ts';
import { createCopyEncoder } from './copy/encoder.ts';
import type { Erasures } from './erasures/erasures.ts';
import { openErasures } from './erasures/open.ts';
import { explainPlan, leftOut } from './plan/explain.ts';
import { withExtras } from './tables/extras.ts';
import { refuseMissingRoles } from './tables/grants.ts';
import { ensureIndexes } from './tables/indexes.ts';
import { KnownTables } from './tables/known-tables.ts';
import { Ledger, LEDGER_TABLE } from './state/ledger.ts';
import { defaultSchema, nameRules } from './tables/naming.ts';
import { OLDEST, transactorOptions, type OpenConfig } from './open.ts';
import { OpenStreams, type Opened } from './open-streams.ts';
import { Collection } from './methods/overwrite.ts';
import { encoderOptions, isLeftOut, planOptions, refuseUnreadable } from './column-options.ts';
import { planTable, type TablePlan } from './tables/plan.ts';
import { fitStage } from './methods/stage-columns.ts';
import { replace } from './methods/replace.ts';
import { refuseNoWindow } from './methods/replace-range.ts';
import { loadAround } from './refusals.ts';
import { hookSql, runHooks } from './run-hooks.ts';
import { StateKeeper, stateTable } from './state/state.ts';
import { lockTable } from './tables/tables.ts';
import { Tally, type Counts } from './methods/tally.ts';
import { append, copyNew, upsert, type Load } from './methods/write.ts';

/** Connects, runs `before_run_sql` and gives the destination. Throws SystemError and ConfigError before any input is read. */
export async function openDestination(config: OpenConfig, run: TargetRun): Promise<Destination<OpenConfig>> {
  const destination = await connectDestination(config, run);
  try {
    await destination.begin();
    return destination;
  } catch (error) {
    await destination.close();
    throw error;
  }
}

/** Connects; nothing is changed yet. */
export async function connectDestination(config: OpenConfig, run: TargetRun): Promise<PostgresDestination> {
  let destination: PostgresDestination | undefined;
  const tx = new Transactor(transactorOptions(config, run, () => destination?.forget()));
  try {
    refuseOld(await tx.version());
    await tx.read((session) => refuseMissingRoles(session, config.grants));
    destination = new PostgresDestination(config, run, tx, await tx.read(currentSchema));
    return destination;
  } catch (error) {
    await tx.close();
    throw error;
  }
}

function refuseOld(version: number): void {
  if (version >= OLDEST) return;
  throw new SystemError('The server is older than Postgres 12', {
    code: 'server-too-old',
    facts: { version },
    hint: 'Use Postgres 12 or later; 15 or later is best.',
  });
}

/**
 * Loads units into Postgres over one connection, one transaction per unit: rows and state commit together, which makes a run
 * that is resumed from the stored state exactly-once. The transaction stays open where a commit would break a promise: rows
 * that are only ever inserted wait for the STATE that covers them, and an overwrite waits for the end of the run.
 */
export class PostgresDestination implements Destination<OpenConfig> {
  readonly #config: OpenConfig;
  readonly #run: TargetRun;
  readonly #tx: Transactor;
  readonly #tables: KnownTables;
  readonly #state: StateKeeper;
  readonly #collection = new Collection();
  readonly #tally = new Tally();
  readonly #changed: Changed;
  readonly #ledger: Ledger | undefined;
  readonly #erasures: Erasures | undefined;
  readonly #streams = new OpenStreams();
  /** Units have been loaded into a transaction that has not been committed yet. */
  #holds = false;

  constructor(config: OpenConfig, run: TargetRun, tx: Transactor, current: string) {
    const schema = defaultSchema(config, process.env);
    this.#config = config;
    this.#run = run;
    this.#tx = tx;
    const ofStates = stateTable(config.state_table, schema ?? current);
    const ofLoads = { schema: schema ?? current, table: LEDGER_TABLE };
    const own = ofStates === undefined ? [ofLoads] : [ofStates, ofLoads];
    this.#tables = new KnownTables({ run, names: nameRules(config), schema, currentSchema: current, own });
    this.#state = new StateKeeper(ofStates, config.state_id);
    this.#ledger = config.load_ledger ? new Ledger(schema ?? current, config.state_id, run) : undefined;
    this.#changed = new Changed(run.log);
    this.#erasures = openErasures(config, schema ?? current, run);
  }

  /** Runs what is to be run before any input is read. */
  async begin(): Promise<void> {
    await runHooks(this.#tx, 'before_run_sql', hookSql(this.#config.before_run_sql), this.#run.log);
  }

  /** The catalog has proved to be other than we know it. */
  forget(): void {
    this.#tables.forget();
    this.#state.forget();
    this.#ledger?.forget();
  }

  async openStream(header: StreamHeader, config: OpenConfig): Promise<Encoder | undefined> {
    const known = await this.#tx.read((session) => this.#tables.of(session, header.stream));
    refuseUnreadable(config);
    if (config.grants !== this.#config.grants) await this.#tx.read((session) => refuseMissingRoles(session, config.grants));
    if (isLeftOut(header.stream, known, config)) return undefined;
    const planned = planTable(header, known, planOptions(header, known, config), known);
    this.#tables.promise(planned, this.#run.log);
    const plan = withExtras(planned, header, config);
    if (plan.extras?.range !== undefined) await this.#tx.read((session) => refuseNoWindow(session, plan));
    this.#streams.add(header, { plan, config }, known.existing === undefined);
    this.#ledger?.open(header.stream, `${plan.schema}.${plan.table}`);
    if (header.keys.length > 0 && plan.method === 'append') {
      // Other plugins merge by key whatever load_method says: who comes from them should not have to find out from the rows.
      this.#run.log.info(
        'Every record becomes a row of its own, though the stream has a key; load_method upsert keeps one row per key',
        {
          stream: header.stream,
          keys: header.keys,
        },
      );
    }
    if (config.hard_delete && plan.method === 'append')
      this.#run.log.info('hard_delete finds rows by key: records with _sdc_deleted_at stay rows where every record is one', {
        stream: header.stream,
      });
    return createCopyEncoder(plan.copy, this.#run, {
      ...encoderOptions(config),
      onChange: (column, reason) => this.#changed.add(header.stream, column, reason),
      onNeed: (need) => this.#tables.need(header.stream, need),
    });
  }

  /** What a load would do for a stream that was opened; changes nothing. */
  async explain(header: StreamHeader): Promise<StreamPlan> {
    const plan = this.#streams.get(header)?.plan;
    if (plan === undefined) return leftOut(header.stream);
    return this.#tx.read(async (session) => explainPlan(session, plan, await this.#tables.of(session, plan.stream)));
  }

  async load(unit: Unit, quarantine?: Quarantine): Promise<'committed' | 'open'> {
    this.#refuseGap();
    if (unit.state !== undefined) this.#state.newest = unit.state;
    if (!this.#tx.open) await this.#prepare(unit);
    const mark = this.#tally.mark;
    const entries = this.#ledger?.mark ?? 0;
    const work = async (session: Session, first: boolean): Promise<End> => {
      // What a failed attempt has noted went with its transaction.
      this.#tally.undo(mark);
      this.#ledger?.undo(entries);
      if (first) {
        this.#collection.clear();
        await this.#state.hold(session);
      }
      for (const plan of this.#streams.toLock(unit.parts)) await lockTable(session, plan, this.#run);
      const refusedBefore = this.#tally.refused;
      const appends = new Appends(session, (stream, counts) => this.#tally.add(stream, counts));
      for (const part of unit.parts) await this.#write(session, part, appends, quarantine);
      await appends.flush();
      if (this.#mustWait(unit, this.#tally.refused > refusedBefore)) return 'leave open';
      await this.#erase(session, false);
      await this.#writeOwn(session);
      return 'commit';
    };
    const end = await this.#tx.run(work, (result) => result);
    this.#holds = end === 'leave open';
    if (this.#holds) return 'open';
    this.#committed();
    return 'committed';
  }

  async finish(end: InputEnd): Promise<void> {
    this.#refuseGap();
    if (!this.#config.overwrite_on_eof) this.#collection.refuseIncomplete(end.complete);
    const emptied = this.#emptied(end);
    const mark = this.#tally.mark;
    if (this.#tx.open || emptied.length > 0 || this.#ledger !== undefined || this.#erasures !== undefined) {
      await this.#tx.run(async (session) => {
        this.#tally.undo(mark);
        for (const { plan, stage } of [...this.#collection.replacing, ...emptied.map(({ plan }) => ({ plan, stage: undefined }))])
          this.#tally.add(plan.stream, await this.#swap(session, plan, stage));
        await this.#erase(session, true);
        await this.#writeOwn(session);
        await this.#ledger?.complete(session);
      }, 'commit');
      this.#holds = false;
      this.#committed();
    }
    for (const { plan } of this.#streams.newest)
      await ensureIndexes(this.#tx, plan, !this.#streams.isNew(plan.stream), this.#run.log);
    await runHooks(this.#tx, 'after_run_sql', hookSql(this.#config.after_run_sql), this.#run.log);
  }

  async close(): Promise<void> {
    await this.#tx.close();
    this.#changed.report();
  }

  summary(stream: string): Readonly<Record<string, Json>> {
    return this.#tally.of(stream);
  }

  /** An overwrite changes its table in the swap, for it may never come to that. */
  async #prepare(unit: Unit): Promise<void> {
    const plans = unit.parts.map((part) => this.#streams.of(part).plan).filter((plan) => plan.method !== 'overwrite');
    const isMissing = this.#state.isMissing || this.#ledger?.isMissing === true;
    await this.#tables.prepare(this.#tx, plans, isMissing ? (session) => this.#ensureOwn(session) : undefined);
  }

  async #ensureOwn(session: Session): Promise<void> {
    await this.#state.ensure(session);
    await this.#ledger?.ensure(session);
  }

  /** What makes a commit true: the state it brings up to date, and what it says in the ledger. */
  async #writeOwn(session: Session): Promise<void> {
    await this.#state.write(session);
    await this.#ledger?.write(session, this.#state.newest, (stream) => this.#tally.pendingOf(stream));
  }

  /** What people have asked for is done in the transaction that brings their requests. */
  async #erase(session: Session, last: boolean): Promise<void> {
    await this.#erasures?.apply(session, (stream) => this.#tables.of(session, stream), { last });
  }

  async #write(session: Session, part: Part, appends: Appends, quarantine?: Quarantine): Promise<void> {
    const { plan, config } = this.#streams.of(part);
    const { log } = this.#run;
    this.#erasures?.note(plan.stream);
    this.#ledger?.add({ stream: plan.stream, rows: part.rows, bytes: part.bytes, version: part.activate });
    if (plan.method === 'overwrite') return this.#collection.add(session, plan, part, log);
    // A table may change only when it has the rows that were made for it as it is.
    if (appends.has(plan.stream)) await appends.flush();
    const ready = await this.#tables.ready(session, plan);
    if (part.rows > 0) {
      const load = { session, ...ready, part };
      if (quarantine !== undefined && config.on_bad_record === 'quarantine') await this.#loadAround(load, appends, quarantine);
      else if (plan.method === 'append' && ready.plan.isDirect) await appends.add(ready.plan, part);
      else this.#tally.add(plan.stream, await this.#load(load));
      if (plan.discarded.length > 0) this.#tally.add(plan.stream, { cut: part.rows });
    }
    if (part.activate === undefined) return undefined;
    await appends.flush();
    const options = { hard: config.hard_delete, maxDeletePercent: config.max_delete_percent, log };
    this.#tally.add(plan.stream, await activate(session, ready.plan, ready.existing, part.activate, options));
    return undefined;
  }

  async #load(load: Load): Promise<Counts> {
    return load.plan.method === 'append' ? append(load) : this.#upsert(load);
  }

  /** The same without the rows that the server refuses, which go to the quarantine. */
  async #loadAround(load: Load, appends: Appends, quarantine: Quarantine): Promise<void> {
    const { plan, session } = load;
    const before = this.#tally.refused;
    const { counts, refused } = await loadAround(
      load,
      (part) => this.#load({ ...load, part }),
      (records) => quarantine.allow(before + records),
    );
    this.#tally.add(plan.stream, refused.length === 0 ? counts : { ...counts, refused: refused.length });
    if (refused.length > 0) await this.#write(session, await quarantine.partOf(refused, this.#tally.refused), appends);
  }

  async #upsert(load: Load): Promise<Counts> {
    if (await this.#tables.isFresh(load.session, load.plan, load.existing)) {
      const counts = await copyNew(load);
      if (counts !== undefined) return counts;
      this.#tables.collided(load.plan);
    }
    return upsert(load);
  }

  async #swap(session: Session, plan: TablePlan, stage: string | undefined): Promise<Counts> {
    const { config } = this.#streams.newestOf(plan.stream);
    await lockTable(session, plan, this.#run);
    // Hours may have passed since it was looked at.
    this.#tables.forget();
    const ready = await this.#tables.ready(session, plan);
    if (stage !== undefined) await fitStage(session, stage, plan, ready.plan);
    return replace({ session, ...ready, stage, via: config.overwrite_via, maxDeletePercent: config.max_delete_percent });
  }

  /** Windows for which no record came: those to be emptied; of the others it is said that they stay as they are. */
  #emptied({ complete, putAside }: InputEnd): readonly Opened[] {
    const replacing = new Set(this.#collection.replacing.map(({ plan }) => plan.stream));
    const idle = this.#streams.newest.filter(({ plan }) => plan.extras?.range !== undefined && !replacing.has(plan.stream));
    return idle.filter(({ plan }) => {
      const isEmptied =
        plan.extras?.range?.allowEmpty === true && complete.has(plan.stream) && putAside?.has(plan.stream) !== true;
      if (!isEmptied)
        this.#run.log.warn('No record came for the window of replace_range: its rows stay as they are', { stream: plan.stream });
      return isEmptied;
    });
  }

  /**
   * Any failure on the connection, also one between units (a stream that cannot be opened), undoes the open transaction: what comes
   * after it may not be committed without what was in it.
   */
  #refuseGap(): void {
    if (!this.#holds || this.#tx.open) return;
    throw new SystemError('The open transaction was undone, and the records in it with it', {
      code: 'transaction-lost',
      hint: 'See the other error for the cause, then run again: the printed state is safe.',
    });
  }

  /** True when committing now would be wrong: see the class comment. `quarantined`: rows of the quarantine, too, came of the unit. */
  #mustWait(unit: Unit, quarantined: boolean): boolean {
    if (this.#config.load_method === 'overwrite' || this.#streams.overwrites) return true;
    if (unit.state !== undefined || unit.last) return false;
    return (
      this.#holds || quarantined || unit.parts.some((part) => part.rows > 0 && this.#streams.of(part).plan.method === 'append')
    );
  }

  #committed(): void {
    this.#tally.commit();
    this.#ledger?.committed();
    this.#erasures?.committed();
    this.#state.committed();
    this.#collection.clear();
  }
}
