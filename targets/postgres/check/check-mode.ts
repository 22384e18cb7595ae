import type { Session } from '../../../clients/postgres/connect.ts';
import { roleFinding, tlsFinding } from '../../../clients/postgres/findings.ts';
import { systemError } from '../../../clients/postgres/errors.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import { Transactor } from '../../../clients/postgres/transactor.ts';
import { answerOf, ConfigError, type Answer, type Ask, type Finding, type Run } from '../../../singer/index.ts';
import { currentSchema } from '../tables/catalog.ts';
import { erasureFindings } from '../erasures/check.ts';
import { erasuresOf } from '../erasures/plan.ts';
import { grantees, grantsOf, missingRoles } from '../tables/grants.ts';
import { LEDGER_TABLE } from '../state/ledger.ts';
import { defaultSchema } from '../tables/naming.ts';
import { OLDEST, transactorOptions } from '../open.ts';
import type { TargetConfig } from '../settings.ts';
import { mayUse, ownTable } from './rights.ts';
import { stateTable, type StateTable } from '../state/state.ts';

/** One question to the server; several findings if it has several answers. */
type Question = (session: Session, config: TargetConfig, schema: string) => Promise<Finding | readonly Finding[]>;

const QUESTIONS: readonly Question[] = [
  server,
  tlsFinding,
  roleFinding,
  writable,
  encoding,
  schemaRights,
  temporary,
  ownTables,
  state,
  grantRoles,
];

/** `--check`: whether a load could begin, and what to do where it could not. Writes nothing. Throws ConfigError. */
export async function check(config: TargetConfig, run: Run, { format }: Pick<Ask, 'format'>): Promise<Answer> {
  const erasures = erasuresOf(config);
  const tx = new Transactor(transactorOptions({ ...config, max_retries: 0 }, run, () => undefined));
  try {
    const findings: Finding[] = [await connection(tx)];
    if (findings[0]!.ok) {
      const schema = defaultSchema(config, process.env) ?? (await tx.read(currentSchema));
      for (const question of QUESTIONS) findings.push(...[await tx.read((session) => question(session, config, schema))].flat());
      findings.push(...(await tx.read((session) => erasureFindings(session, erasures, { config, schema, run }))));
    }
    return answerOf(findings, format);
  } finally {
    await tx.close();
  }
}

async function connection(tx: Transactor): Promise<Finding> {
  const check = 'connection';
  try {
    const { rows } = await tx.read((session) =>
      session.query(
        "SELECT concat(current_database(), ' at ' || host(inet_server_addr()) || ':' || inet_server_port()) AS place",
      ),
    );
    return { check, ok: true, detail: `database ${String(rows[0]?.['place'])}` };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { message, code, hint } = systemError(error);
    return { check, ok: false, detail: `${message} (${code})`, ...(hint === undefined ? {} : { hint }) };
  }
}

async function server({ version }: Session): Promise<Finding> {
  const check = 'server';
  const major = Math.floor(version / 10_000);
  if (version < OLDEST)
    return { check, ok: false, detail: `Postgres ${major}`, hint: 'Use Postgres 12 or later; 15 or later is best.' };
  const limits = major < 15 ? ': keys may hold no null, merges take three statements instead of one' : '';
  return { check, ok: true, detail: `Postgres ${major}${limits}` };
}

async function writable(session: Session): Promise<Finding> {
  const check = 'writable';
  const { rows } = await session.query(
    "SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') = 'on' AS readonly",
  );
  if (rows[0]?.['standby'] === true)
    return { check, ok: false, detail: 'the server is a standby', hint: 'Point host at the primary server.' };
  const detail = rows[0]?.['readonly'] === true ? 'yes, though transactions are read-only unless asked otherwise' : 'yes';
  return { check, ok: true, detail };
}

async function encoding(session: Session): Promise<Finding> {
  const { rows } = await session.query("SELECT current_setting('server_encoding') AS name");
  const name = String(rows[0]?.['name']);
  const fault = { hint: 'Characters that this encoding lacks will end a run: use a database made with ENCODING UTF8.' };
  return { check: 'encoding', ok: name === 'UTF8', detail: name, ...(name === 'UTF8' ? {} : fault) };
}

async function schemaRights(session: Session, _: TargetConfig, schema: string): Promise<Finding> {
  const check = 'schema';
  const { rows } = await session.query(
    `SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE') AS may FROM pg_namespace WHERE nspname = $1`,
    [schema],
  );
  if (rows[0] !== undefined) {
    if (rows[0]['may'] === true) return { check, ok: true, detail: `${schema} is there; tables can be made in it` };
    const hint = `GRANT USAGE, CREATE ON SCHEMA ${schema} to the role, or set default_target_schema.`;
    return { check, ok: false, detail: `${schema} is there, but no table can be made in it`, hint };
  }
  const { rows: database } = await session.query("SELECT has_database_privilege(current_database(), 'CREATE') AS may");
  if (database[0]?.['may'] === true) return { check, ok: true, detail: `${schema} will be made` };
  const hint = 'Make the schema, GRANT CREATE ON DATABASE to the role, or set default_target_schema.';
  return { check, ok: false, detail: `${schema} is not there and cannot be made`, hint };
}

async function temporary(session: Session): Promise<Finding> {
  const { rows } = await session.query("SELECT has_database_privilege(current_database(), 'TEMPORARY') AS may");
  const ok = rows[0]?.['may'] === true;
  const fault = { hint: 'upsert and overwrite need them: GRANT TEMPORARY ON DATABASE to the role.' };
  return { check: 'temporary tables', ok, detail: ok ? 'can be made' : 'cannot be made', ...(ok ? {} : fault) };
}

/** The tables that we keep for ourselves. */
async function ownTables(session: Session, config: TargetConfig, schema: string): Promise<Finding[]> {
  const wanted: [string, StateTable | undefined][] = [
    ['state table', stateTable(config.state_table, schema)],
    ['load ledger', config.load_ledger ? { schema, table: LEDGER_TABLE } : undefined],
  ];
  const findings: Finding[] = [];
  for (const [check, place] of wanted) if (place !== undefined) findings.push(await ownTable(session, check, place));
  return findings;
}

async function state(session: Session, config: TargetConfig, schema: string): Promise<readonly Finding[]> {
  const place = stateTable(config.state_table, schema);
  if (place === undefined) return [];
  const check = 'state';
  const may = await mayUse(session, place, ['SELECT']);
  // Told of the table already.
  if (may === false) return [];
  const read = `SELECT to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at FROM ${qualified(place.schema, place.table)} WHERE state_id = $1`;
  const { rows } = may === true ? await session.query(read, [config.state_id]) : { rows: [] };
  const at = rows[0]?.['at'];
  const detail =
    typeof at !== 'string' ? `none yet for state_id ${config.state_id}` : `state_id ${config.state_id} was stored at ${at}`;
  return [{ check, ok: true, detail }];
}

async function grantRoles(session: Session, config: TargetConfig): Promise<readonly Finding[]> {
  const roles = grantees(grantsOf(config.grants));
  if (roles.length === 0) return [];
  const missing = await missingRoles(session, roles);
  const ok = missing.length === 0;
  const detail = ok ? `roles are there: ${roles.join(', ')}` : `roles do not exist: ${missing.join(', ')}`;
  return [{ check: 'grants', ok, detail, ...(ok ? {} : { hint: 'Create the roles, or correct the setting grants.' }) }];
}
