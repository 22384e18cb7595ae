import type { Session } from '../../../clients/postgres/connect.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import type { Part } from '../../../singer/index.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { Counts } from './tally.ts';
import { copyInto } from './write.ts';

/** COPYs in one query. */
const MOST = 64;

/**
 * Rows that COPY takes straight into their tables, gathered over the streams of a unit, so that they reach the server in one query: with
 * dozens of streams in turns each has few rows, and an answer to wait for costs as much as they do.
 */
export class Appends {
  readonly #session: Session;
  readonly #onWritten: (stream: string, counts: Counts) => void;
  #waiting: { readonly plan: TablePlan; readonly part: Part }[] = [];

  constructor(session: Session, onWritten: (stream: string, counts: Counts) => void) {
    this.#session = session;
    this.#onWritten = onWritten;
  }

  /** True while rows of the stream wait. */
  has(stream: string): boolean {
    return this.#waiting.some(({ plan }) => plan.stream === stream);
  }

  /** `plan` is one whose COPY is direct. */
  async add(plan: TablePlan, part: Part): Promise<void> {
    this.#waiting.push({ plan, part });
    if (this.#waiting.length === MOST) await this.flush();
  }

  /** Writes all that wait. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const rows = await this.#session.copyIn(
      waiting.map(({ plan, part }) => ({
        statement: copyInto(qualified(plan.schema, plan.table), plan.columns),
        blocks: part.blocks,
      })),
    );
    waiting.forEach(({ plan }, i) => this.#onWritten(plan.stream, { appended: rows[i]! }));
  }
}
