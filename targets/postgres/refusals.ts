import { sqlState, systemError } from '../../clients/postgres/errors.ts';
import { RecordError, SystemError, type Part, type RefusedRecord } from '../../singer/index.ts';
import type { TablePlan } from './tables/plan.ts';
import { recordOf } from './copy/record.ts';
import { sumOf, type Counts } from './methods/tally.ts';
import type { Load } from './methods/write.ts';

/** Errors that one row makes, whatever surrounds it: its values, a constraint, its size, what a trigger says of it. */
const OF_A_ROW = /^(?:22|23|54000|54001|P0001)/;

const NEWLINE = 0x0a;

/**
 * Loads a part without the rows that the server refuses: when it refuses some, each half is tried by itself, down to single rows. Their
 * order holds. Costs a savepoint where nothing is refused, and some tens of statements for each row that is. `allow` hears how many there
 * are so far, and may throw.
 */
export async function loadAround(
  { session, plan, part }: Pick<Load, 'session' | 'plan' | 'part'>,
  load: (part: Part) => Promise<Counts>,
  allow: (refused: number) => void,
): Promise<{ readonly counts: Counts; readonly refused: readonly RefusedRecord[] }> {
  const refused: RefusedRecord[] = [];
  const attempt = async (piece: Part): Promise<Counts> => {
    await session.query('SAVEPOINT before_refusal');
    try {
      const counts = await load(piece);
      await session.query('RELEASE SAVEPOINT before_refusal');
      return counts;
    } catch (error) {
      if (!OF_A_ROW.test(stateOf(error) ?? '')) throw error;
      await session.query('ROLLBACK TO SAVEPOINT before_refusal; RELEASE SAVEPOINT before_refusal');
      const rows = Buffer.concat(piece.blocks);
      if (piece.rows > 1) {
        const [first, rest] = halves(piece, rows);
        return sumOf(await attempt(first), await attempt(rest));
      }
      refused.push(refusedRecord(plan, rows, error));
      allow(refused.length);
      return {};
    }
  };
  return { counts: await attempt(part), refused };
}

/** A part of two rows and more as two; `bytes` are all of its rows. A newline in a value is escaped. */
function halves(part: Part, bytes: Buffer): [Part, Part] {
  const rows = Math.floor(part.rows / 2);
  let cut = 0;
  for (let i = 0; i < rows; i++) cut = bytes.indexOf(NEWLINE, cut) + 1;
  return [
    { ...part, blocks: [bytes.subarray(0, cut)], rows, bytes: cut },
    { ...part, blocks: [bytes.subarray(cut)], rows: part.rows - rows, bytes: bytes.length - cut },
  ];
}

/** A row that the server has refused, as a bad record, with why. */
function refusedRecord(plan: TablePlan, row: Buffer, error: unknown): RefusedRecord {
  const { message, code, facts } = systemError(error);
  const { constraint, sqlstate, column } = facts;
  const property = plan.copy.columns.find(({ target }) => target === column)?.name;
  const fault = new RecordError(message, {
    code,
    facts: { rule: constraint ?? sqlstate, ...(property === undefined ? {} : { property }) },
  });
  return { stream: plan.stream, record: recordOf(plan.copy, row), fault };
}

/** Our own errors about a value keep the server's state among their facts. */
function stateOf(error: unknown): string | undefined {
  return error instanceof SystemError ? (error.facts['sqlstate'] as string | undefined) : sqlState(error);
}
