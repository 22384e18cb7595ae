import type { Session } from '../../clients/postgres/connect.ts';
import { Transactor } from '../../clients/postgres/transactor.ts';
import {
  SystemError,
  type Destination,
  type Encoder,
  type Json,
  type Part,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../singer/index.ts';
import { currentSchema } from './catalog.ts';
import { Changed } from './changed.ts';
import { createCopyEncoder } from './copy-encoder.ts';
import { KnownTables } from './known-tables.ts';
import { defaultSchema, nameRules } from './naming.ts';
import { transactorOptions } from './open.ts';
import { Collection, type Collected } from './overwrite.ts';
import { planTable, type PlanOptions, type TablePlan } from './plan.ts';
import type { TargetConfig } from './settings.ts';
import { StateKeeper, stateTable } from './state.ts';
import { lockTable, warnOfLoss } from './tables.ts';
import { Tally, type Counts } from './tally.ts';
import { append, copyNew, replace, upsert, type Load } from './write.ts';

/** The target's own settings, and the one of the core that its encoder must know. */
export type OpenConfig = TargetConfig & { readonly validate_records?: boolean };

/** Connects and gives the destination. Throws SystemError and ConfigError before any input is read. */
export async function openDestination(config: OpenConfig, run: TargetRun): Promise<Destination> {
  let destination: PostgresDestination | undefined;
  const tx = new Transactor(transactorOptions(config, run, () => destination?.forget()));
  try {
    refuseOld(await tx.version());
    const current = await tx.read(currentSchema);
    destination = new PostgresDestination(config, run, tx, current);
    return destination;
  } catch (error) {
    await tx.close();
    throw error;
  }
}

/** The oldest whose catalog we can read (generated columns). */
const OLDEST = 120_000;

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
class PostgresDestination implements Destination {
  readonly #config: OpenConfig;
  readonly #run: TargetRun;
  readonly #tx: Transactor;
  readonly #tables: KnownTables;
  readonly #state: StateKeeper;
  readonly #collection = new Collection();
  readonly #tally = new Tally();
  readonly #changed: Changed;
  readonly #plans = new WeakMap<StreamHeader, TablePlan>();

  constructor(config: OpenConfig, run: TargetRun, tx: Transactor, current: string) {
    const schema = defaultSchema(config, process.env);
    this.#config = config;
    this.#run = run;
    this.#tx = tx;
    this.#tables = new KnownTables({ run, names: nameRules(config), schema, currentSchema: current });
    this.#state = new StateKeeper(stateTable(config.state_table, schema ?? current), config.state_id);
    this.#changed = new Changed(run.log);
  }

  /** The catalog has proved to be other than we know it. */
  forget(): void {
    this.#tables.forget();
    this.#state.forget();
  }

  async openStream(header: StreamHeader): Promise<Encoder> {
    const known = await this.#tx.read((session) => this.#tables.of(session, header.stream));
    const columns = [...(known.existing?.columns.values() ?? [])];
    const generated = columns.filter((column) => column.generated).map((column) => column.name);
    const plan = planTable(header, known, planOptions(this.#config), new Set(generated));
    this.#plans.set(header, plan);
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
    return createCopyEncoder(plan.copy, this.#run, {
      validated: this.#config.validate_records ?? true,
      nulPolicy: this.#config.sanitize_null_text_characters ? 'replace' : this.#config.nul_policy,
      timePolicy: this.#config.time_policy,
      onChange: (column, reason) => this.#changed.add(header.stream, column, reason),
    });
  }

  async load(unit: Unit): Promise<'committed' | 'open'> {
    if (unit.state !== undefined) this.#state.newest = unit.state;
    if (!this.#tx.open) await this.#prepare(unit);
    const end = this.#mustWait(unit) ? 'leave open' : 'commit';
    const mark = this.#tally.mark;
    await this.#tx.run(async (session, first) => {
      // What a failed attempt has noted went with its transaction.
      this.#tally.undo(mark);
      if (first) {
        this.#collection.clear();
        await this.#state.hold(session);
      }
      await this.#lockAll(session, unit.parts);
      for (const part of unit.parts) await this.#write(session, part);
      if (end === 'commit') await this.#state.write(session);
    }, end);
    if (end === 'leave open') return 'open';
    this.#committed();
    return 'committed';
  }

  async finish(end: { readonly complete: ReadonlySet<string>; readonly state: string | undefined }): Promise<void> {
    if (!this.#tx.open) return;
    if (!this.#config.overwrite_on_eof) this.#collection.refuseIncomplete(end.complete);
    await this.#tx.run(async (session) => {
      for (const collected of this.#collection.replacing)
        this.#tally.add(collected.plan.stream, await this.#swap(session, collected));
      await this.#state.write(session);
    }, 'commit');
    this.#committed();
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
    const plans = unit.parts.map((part) => this.#planOf(part)).filter((plan) => plan.method !== 'overwrite');
    await this.#tables.prepare(this.#tx, plans, this.#state.isMissing ? (session) => this.#state.ensure(session) : undefined);
  }

  async #write(session: Session, part: Part): Promise<void> {
    const plan = this.#planOf(part);
    if (plan.method === 'overwrite') return this.#collection.add(session, plan, part);
    const existing = await this.#tables.ready(session, plan);
    if (part.rows === 0) return undefined;
    warnOfLoss(plan, existing, this.#run.log);
    const load = { session, plan, existing, part };
    this.#tally.add(plan.stream, plan.method === 'append' ? await append(load) : await this.#upsert(load));
    return undefined;
  }

  async #upsert(load: Load): Promise<Counts> {
    if (await this.#tables.isFresh(load.session, load.plan, load.existing)) {
      const counts = await copyNew(load);
      if (counts !== undefined) return counts;
      this.#tables.collided(load.plan);
    }
    return upsert(load);
  }

  async #swap(session: Session, { plan, stage }: Collected): Promise<Counts> {
    await lockTable(session, plan, this.#run);
    // Hours may have passed since it was looked at.
    this.#tables.forget();
    warnOfLoss(plan, await this.#tables.ready(session, plan), this.#run.log);
    return replace(session, plan, stage, this.#config.overwrite_via);
  }

  /** Locks in one order everywhere, so that two runs with several tables do not wait for each other. */
  async #lockAll(session: Session, parts: readonly Part[]): Promise<void> {
    const plans = parts.filter((part) => part.rows > 0).map((part) => this.#planOf(part));
    const merged = new Map(
      plans.filter(({ method }) => method === 'upsert').map((plan) => [`${plan.schema}\0${plan.table}`, plan]),
    );
    const inOrder = [...merged].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [, plan] of inOrder) await lockTable(session, plan, this.#run);
  }

  /** True when committing now would be wrong: see the class comment. */
  #mustWait(unit: Unit): boolean {
    if (this.#config.load_method === 'overwrite') return true;
    if (unit.state !== undefined || unit.last) return false;
    return this.#tx.open || unit.parts.some((part) => part.rows > 0 && this.#planOf(part).method === 'append');
  }

  #committed(): void {
    this.#tally.commit();
    this.#state.committed();
    this.#collection.clear();
  }

  #planOf(part: Part): TablePlan {
    return this.#plans.get(part.header)!;
  }
}

function planOptions(config: OpenConfig): PlanOptions {
  return {
    loadMethod: config.load_method,
    metadata: config.add_record_metadata,
    hardDelete: config.hard_delete,
    binaryAs: config.binary_as,
    names: nameRules(config),
  };
}
