import type { Session } from '../../../clients/postgres/connect.ts';
import { ident, qualified } from '../../../clients/postgres/quote.ts';
import type { Log } from '../../../singer/index.ts';
import { brake, countLive, isLive } from './brake.ts';
import type { ExistingTable } from '../tables/catalog.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { Counts } from './tally.ts';

const VERSION = '_sdc_table_version';
const DELETED_AT = '_sdc_deleted_at';

export interface ActivateOptions {
  /** Delete rather than mark. */
  readonly hard: boolean;
  readonly maxDeletePercent: number;
  readonly log: Log;
}

/**
 * Makes `version` the only one of the table: rows of a lower version, or of none, are marked as deleted or deleted; rows of this
 * version and of higher ones stay. Doing it again does nothing. Throws SystemError `too-many-deletes`.
 */
export async function activate(
  session: Session,
  plan: TablePlan,
  existing: ExistingTable,
  version: number,
  { hard, maxDeletePercent, log }: ActivateOptions,
): Promise<Counts> {
  if (!writesVersion(plan) || !existing.columns.has(VERSION)) {
    tellIgnored(plan, log);
    return {};
  }
  const table = qualified(plan.schema, plan.table);
  const old = isOld('t', version);
  if (maxDeletePercent < 100) {
    const { live, doomed } = await countLive(session, plan, existing, old);
    brake(plan, doomed, live, maxDeletePercent);
  }
  if (hard) return { deleted: (await session.query(`DELETE FROM ${table} AS t WHERE ${old}`)).rowCount };
  const modifiedAt = plan.extras?.audit?.modifiedAt;
  const touch = modifiedAt === undefined ? '' : `, ${ident(modifiedAt)} = now()`;
  const update = `UPDATE ${table} AS t SET ${ident(DELETED_AT)} = now()${touch} WHERE ${old} AND ${isLive(existing, 't')}`;
  return { marked: (await session.query(update)).rowCount };
}

/** The same for rows that are still in a stage (quoted): what replaces a table has no place for rows of the past. */
export async function activateInStage(
  session: Session,
  plan: TablePlan,
  stage: string,
  version: number,
  log: Log,
): Promise<void> {
  if (writesVersion(plan)) await session.query(`DELETE FROM ${stage} AS s WHERE ${isOld('s', version)}`);
  else tellIgnored(plan, log);
}

function isOld(alias: string, version: number): string {
  const column = `${alias}.${ident(VERSION)}`;
  return `(${column} < ${version} OR ${column} IS NULL)`;
}

/** The table may have the column of earlier runs: if this one leaves it null, its own rows would look like old ones. */
function writesVersion(plan: TablePlan): boolean {
  return plan.copy.metadata.includes(VERSION);
}

function tellIgnored({ stream, table }: TablePlan, log: Log): void {
  log.warnOnce(
    `activate ${stream}`,
    'A version was activated, but rows bear no version while add_record_metadata is off: rows of older versions stay',
    { stream, table },
  );
}
