import type { Session } from '../../../clients/postgres/connect.ts';
import type { Transactor } from '../../../clients/postgres/transactor.ts';
import type { Log, NameRules, Run } from '../../../singer/index.ts';
import { readTable, type ExistingTable } from './catalog.ts';
import type { Need } from '../copy/plan.ts';
import { otherTable, placeOf } from './naming.ts';
import type { TablePlan } from './plan.ts';
import type { StateTable } from '../state/state.ts';
import { changeTable, isFresh, look, warnOfLoss, type Ready, type Refused, type Waiting } from './tables.ts';
import type { ColumnType } from '../types/types.ts';

/** What is known of a stream's table in this run. */
export interface KnownTable {
  readonly schema: string;
  readonly table: string;
  /** As last read from the catalog; undefined: not there. */
  existing: ExistingTable | undefined;
  /** Has to be read again. */
  stale: boolean;
  /** Whether COPY may go straight into the keyed table: it was empty when first looked at and nothing has collided since. */
  fresh: boolean | undefined;
  readonly refused: Refused;
  /** See TableView. */
  readonly promised: Map<string, ColumnType>;
  readonly wide: Set<string>;
  /** A value of the stream has been changed, so that its rows say what. */
  notesChanges: boolean;
}

export interface KnownTablesOptions {
  readonly run: Waiting & Pick<Run, 'name'>;
  readonly names: NameRules;
  /** The schema of all tables; undefined: named by the stream, else `currentSchema`. */
  readonly schema: string | undefined;
  readonly currentSchema: string;
  /** Tables that we keep for ourselves: no stream is loaded into them. */
  readonly own: readonly StateTable[];
}

/** The tables of the streams of a run: which is whose, and what the catalog says of it. */
export class KnownTables {
  readonly #o: KnownTablesOptions;
  readonly #byStream = new Map<string, KnownTable>();

  constructor(options: KnownTablesOptions) {
    this.#o = options;
  }

  /** The catalog has proved to be other than we know it. */
  forget(): void {
    for (const known of this.#byStream.values()) known.stale = true;
  }

  /** The table of a stream; one whose plain name belongs to another stream gets a name of its own, the same in every run. */
  async of(session: Session, stream: string): Promise<KnownTable> {
    const before = this.#byStream.get(stream);
    if (before !== undefined) return this.#current(session, before);
    const { names, run } = this.#o;
    const place = placeOf(stream, this.#o.schema, names);
    const schema = place.schema ?? this.#o.currentSchema;
    const plain = await this.#read(session, schema, place.table);
    const owner = plain.existing?.stream ?? (this.#isOwn(plain) ? run.name : this.#ownerInThisRun(plain));
    if (owner === undefined || owner === stream) {
      this.#byStream.set(stream, plain);
      return plain;
    }
    const other = await this.#read(session, schema, otherTable(stream, place, names));
    this.#byStream.set(stream, other);
    const facts = { stream, owner, schema, table: other.table };
    run.log.warn('The table that the stream is named after is not its own: it gets another one', facts);
    return other;
  }

  #isOwn({ schema, table }: KnownTable): boolean {
    return this.#o.own.some((own) => own.schema === schema && own.table === table);
  }

  /**
   * DDL that the plans need, and `also`, in one short transaction before any rows: its exclusive locks are gone when rows are
   * loaded. It only adds, so that doing it again, or for nothing, is harmless.
   */
  async prepare(
    tx: Transactor,
    plans: readonly TablePlan[],
    also: ((session: Session) => Promise<void>) | undefined,
  ): Promise<void> {
    const lacking = await tx.read(async (session) => {
      const needed: TablePlan[] = [];
      for (const plan of plans) {
        const { existing, refused } = await this.of(session, plan.stream);
        if (look(plan, existing, { version: session.version, refused }).changes.length > 0) needed.push(plan);
      }
      // The same order in every run, so that two of them do not wait for each other.
      return needed.toSorted((a, b) => (a.table < b.table ? -1 : 1));
    });
    if (lacking.length === 0 && also === undefined) return;
    await tx.run(async (session) => {
      for (const plan of lacking) await this.ready(session, plan);
      await also?.(session);
    }, 'commit');
  }

  /**
   * The table as the plan needs it, and the plan as it stands in it. Makes or changes it here and now where `prepare` could not: in a
   * transaction that is open already.
   */
  async ready(session: Session, plan: TablePlan): Promise<Ready> {
    const known = await this.of(session, plan.stream);
    const { version } = session;
    const { refused } = known;
    let { changes, settled } = look(plan, known.existing, { version, refused });
    if (changes.length > 0) {
      known.existing = await changeTable(session, plan, refused, this.#o.run);
      ({ settled } = look(plan, known.existing, { version, refused }));
    }
    const ready = { plan: settled!.plan, existing: known.existing! };
    warnOfLoss(ready, settled!.lossy, this.#o.run.log);
    return ready;
  }

  /** See `KnownTable.fresh`. */
  async isFresh(session: Session, plan: TablePlan, existing: ExistingTable): Promise<boolean> {
    const known = await this.of(session, plan.stream);
    known.fresh ??= await isFresh(session, plan, existing);
    return known.fresh;
  }

  /** Notes what a plan will make of its table, so that later SCHEMAs know, and tells what it leaves out. */
  promise(plan: TablePlan, log: Log): void {
    const known = this.#byStream.get(plan.stream)!;
    for (const { name, type } of plan.columns) known.promised.set(name, type);
    const facts = { stream: plan.stream, table: plan.table };
    for (const column of plan.discarded)
      log.warnOnce(`discarded ${plan.stream} ${column}`, 'A property is left out: the policies say so', { ...facts, column });
    for (const column of plan.filled)
      log.warnOnce(`filled ${plan.stream} ${column}`, 'A property is left out: its column fills itself', { ...facts, column });
  }

  /** Notes what the stream's next plan has to bring. */
  need(stream: string, need: Need): void {
    const known = this.#byStream.get(stream)!;
    if (need.kind === 'numeric') known.wide.add(need.property);
    else known.notesChanges = true;
  }

  /** A key has collided: from now on rows of this table meet rows. */
  collided(plan: TablePlan): void {
    this.#byStream.get(plan.stream)!.fresh = false;
  }

  async #read(session: Session, schema: string, table: string): Promise<KnownTable> {
    return {
      schema,
      table,
      existing: await readTable(session, schema, table),
      stale: false,
      fresh: undefined,
      refused: new Set(),
      promised: new Map(),
      wide: new Set(),
      notesChanges: false,
    };
  }

  async #current(session: Session, known: KnownTable): Promise<KnownTable> {
    if (known.stale) {
      known.existing = await readTable(session, known.schema, known.table);
      known.stale = false;
    }
    return known;
  }

  #ownerInThisRun({ schema, table }: KnownTable): string | undefined {
    return [...this.#byStream].find(([, known]) => known.schema === schema && known.table === table)?.[0];
  }
}
