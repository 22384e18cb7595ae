import type { Session } from '../../clients/postgres/connect.ts';
import { ident } from '../../clients/postgres/quote.ts';
import { InputError, type Part } from '../../singer/index.ts';
import { createStage, stageName } from './merge.ts';
import type { PlannedColumn, TablePlan } from './plan.ts';
import { copyInto } from './write.ts';

/** The new content of a stream's table, collected in a temporary table until the run is proven complete. */
export interface Collected {
  /** Quoted. */
  readonly stage: string;
  /** The newest plan, with the columns of all. */
  plan: TablePlan;
  rows: number;
}

/** Collects the streams of an overwriting run. The stages live in the run's one open transaction and die with it. */
export class Collection {
  readonly #byStream = new Map<string, Collected>();

  /** Adds a part to its stream's stage. */
  async add(session: Session, plan: TablePlan, part: Part): Promise<void> {
    const collected = await this.#stageFor(session, plan);
    if (part.rows === 0) return;
    await session.copyIn(copyInto(collected.stage, plan.columns), part.blocks);
    collected.rows += part.rows;
  }

  /** The streams that sent records: only they replace anything. */
  get replacing(): readonly Collected[] {
    return [...this.#byStream.values()].filter(({ rows }) => rows > 0);
  }

  /** Throws InputError `overwrite-incomplete` when a stream that would replace its table was not read to its end. */
  refuseIncomplete(complete: ReadonlySet<string>): void {
    const incomplete = this.replacing.map(({ plan }) => plan.stream).filter((stream) => !complete.has(stream));
    if (incomplete.length === 0) return;
    throw new InputError(
      `Nothing is overwritten: the input ended without proof that ${incomplete.join(', ')} was read to its end`,
      {
        code: 'overwrite-incomplete',
        facts: { streams: incomplete },
        hint: 'The tap must send a STATE after the last record of a stream. For a tap that sends none, set overwrite_on_eof to true.',
      },
    );
  }

  /** The transaction, and with it the stages, is gone. */
  clear(): void {
    this.#byStream.clear();
  }

  async #stageFor(session: Session, plan: TablePlan): Promise<Collected> {
    const collected = this.#byStream.get(plan.stream);
    if (collected === undefined) {
      const made: Collected = { stage: stageName(`tapline_new_${this.#byStream.size}`), plan, rows: 0 };
      await session.query(createStage(made.stage, plan.columns));
      this.#byStream.set(plan.stream, made);
      return made;
    }
    if (collected.plan !== plan) {
      for (const column of plan.columns) {
        const definition = `${ident(column.name)} ${column.type.sql}`;
        await session.query(`ALTER TABLE ${collected.stage} ADD COLUMN IF NOT EXISTS ${definition}`);
      }
      collected.plan = { ...plan, columns: unionOf(collected.plan.columns, plan.columns) };
    }
    return collected;
  }
}

/** All columns of both; of one that both have, the later form. */
function unionOf(earlier: readonly PlannedColumn[], later: readonly PlannedColumn[]): PlannedColumn[] {
  const byName = new Map([...earlier, ...later].map((column) => [column.name, column]));
  return [...byName.values()];
}
