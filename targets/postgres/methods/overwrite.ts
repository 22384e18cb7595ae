import type { Session } from '../../../clients/postgres/connect.ts';
import { type Log, type Part, refuseIncomplete } from '../../../singer/index.ts';
import { activateInStage } from './activate.ts';
import { createStage, stageName } from './merge.ts';
import type { TablePlan } from '../tables/plan.ts';
import { planInStage, widened } from './stage-columns.ts';
import { append } from './write.ts';

/** The new content of a stream's table, collected in a temporary table until the run is proven complete. */
export interface Collected {
  readonly name: string;
  /** The stage, quoted. */
  readonly stage: string;
  /** The newest plan, with the columns of all, each with a type that holds the values of all. */
  plan: TablePlan;
  rows: number;
}

/** Collects the streams of an overwriting run. The stages live in the run's one open transaction and die with it. */
export class Collection {
  readonly #byStream = new Map<string, Collected>();

  /** Adds a part to its stream's stage. */
  async add(session: Session, plan: TablePlan, part: Part, log: Log): Promise<void> {
    const collected = await this.#stageFor(session, plan);
    if (part.rows > 0) await append({ session, plan: planInStage(plan, collected.plan, collected.name), part });
    collected.rows += part.rows;
    if (part.activate !== undefined) await activateInStage(session, plan, collected.stage, part.activate, log);
  }

  /** True when nothing is being collected. */
  get isEmpty(): boolean {
    return this.#byStream.size === 0;
  }

  /** The streams that sent records: only they replace anything. */
  get replacing(): readonly Collected[] {
    return [...this.#byStream.values()].filter(({ rows }) => rows > 0);
  }

  /** Throws InputError `overwrite-incomplete` when a stream that would replace its table was not read to its end. */
  refuseIncomplete(complete: ReadonlySet<string>): void {
    refuseIncomplete(
      this.replacing.map(({ plan }) => plan.stream),
      complete,
    );
  }

  /** The transaction, and with it the stages, is gone. */
  clear(): void {
    this.#byStream.clear();
  }

  async #stageFor(session: Session, plan: TablePlan): Promise<Collected> {
    const collected = this.#byStream.get(plan.stream);
    if (collected === undefined) {
      const name = `tapline_new_${this.#byStream.size}`;
      const made: Collected = { name, stage: stageName(name), plan, rows: 0 };
      await session.query(createStage(made.stage, plan.columns));
      this.#byStream.set(plan.stream, made);
      return made;
    }
    if (collected.plan !== plan) {
      const { alters, columns } = widened(collected.plan.columns, plan.columns);
      if (alters.length > 0) await session.query(`ALTER TABLE ${collected.stage} ${alters.join(', ')}`);
      collected.plan = { ...plan, columns };
    }
    return collected;
  }
}
