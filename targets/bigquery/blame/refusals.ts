import { createHash } from 'node:crypto';
import type { LineError } from '../../../clients/bigquery/line-errors.ts';
import { RecordError, SystemError, type Part, type Quarantine, type RefusedRecord } from '../../../singer/index.ts';
import type { TablePlan } from '../tables/plan.ts';
import { cutLines, writeLines, type LinesFile } from './cut-lines.ts';
import { recordOf } from './row-record.ts';

/** Jobs for one file; a table takes 1,500 a day. */
const MAX_ROUNDS = 100;

export interface RefusalsOptions {
  readonly compression: 'gzip' | 'none';
  /** True if bad records of the plan's stream go to the quarantine. */
  readonly goesOn: (plan: TablePlan) => boolean;
  /** Appends rows of the quarantine, those of the file; the same `content` in a run of the same `run_id` is appended once. */
  readonly write: (part: Part, file: LinesFile, content: string) => Promise<void>;
}

/** Rows that BigQuery refuses: takes them out of their file and puts them, as records again, into the quarantine. */
export class Refusals {
  readonly #o: RefusalsOptions;
  #quarantine: Quarantine | undefined;
  /** In all. */
  #refused = 0;
  /** One after another: the quarantine's table is made once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RefusalsOptions) {
    this.#o = options;
  }

  /** Where refused rows go from now on. */
  use(quarantine: Quarantine | undefined): void {
    this.#quarantine = quarantine;
  }

  /**
   * What is left of a file whose job has failed for rows that it names. They are in the quarantine by then, so that the rest, once it is loaded,
   * is all that is missing. Undefined: the failure is another one, or is to end the run. Throws RecordError `too-many-bad-records`.
   */
  async without(file: LinesFile, plan: TablePlan, error: unknown, round: number): Promise<LinesFile | undefined> {
    const quarantine = this.#quarantine;
    const named = linesOf(error);
    if (named.length === 0 || quarantine === undefined || !this.#o.goesOn(plan)) return undefined;
    if (round >= MAX_ROUNDS) throw tooMany(error as SystemError, round);
    const byPosition = new Map(named.map((line) => [line.position, line]));
    const { lines, rest } = await cutLines(file, this.#o.compression, new Set(byPosition.keys()));
    // What is named is no line of ours: another attempt would fail the same way.
    if (lines.size === 0) throw error;
    const records = [...lines].map(([position, line]) => refusedRecord(plan, line, byPosition.get(position)!));
    await this.#put(quarantine, records, `${file.path}.refused`);
    return rest;
  }

  #put(quarantine: Quarantine, records: readonly RefusedRecord[], path: string): Promise<void> {
    const put = async (): Promise<void> => {
      this.#refused += records.length;
      quarantine.allow(this.#refused);
      const content = createHash('sha256').update(JSON.stringify(records.map(({ record, stream }) => [stream, record])));
      const part = await quarantine.partOf(records, this.#refused);
      const bytes = await writeLines(path, part.blocks, this.#o.compression);
      await this.#o.write(part, { path, bytes, rows: part.rows }, content.digest('hex'));
    };
    const turn = this.#turn.then(put);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** The lines that a failed job names; none: it did not fail for its rows, or does not say which. */
function linesOf(error: unknown): readonly LineError[] {
  if (!(error instanceof SystemError) || error.code !== 'refused') return [];
  return (error.facts['lines'] as readonly LineError[] | undefined) ?? [];
}

/** A row as a bad record, with why. BigQuery's own text may hold values: only its kind is told. */
function refusedRecord(
  { row, stream }: Pick<TablePlan, 'row' | 'stream'>,
  line: Buffer,
  { column, rule }: LineError,
): RefusedRecord {
  const property = row.columns.find(({ target }) => target.toLowerCase() === column?.toLowerCase())?.name;
  const fault = new RecordError(`BigQuery refuses a record of ${stream}`, {
    code: 'refused',
    facts: { rule, ...(property === undefined ? {} : { property }) },
  });
  return { stream, record: recordOf(row, line.toString('utf8')), fault };
}

function tooMany({ facts, message }: SystemError, rounds: number): SystemError {
  return new SystemError(`${message}, in more places than ${rounds} jobs have found`, {
    code: 'too-many-refused',
    facts,
    hint: 'See the lines in the facts for column and rule, mend the column or the source, and run again: the printed state is safe.',
  });
}
