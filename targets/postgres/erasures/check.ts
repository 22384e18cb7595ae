import type { Session } from '../../../clients/postgres/connect.ts';
import { nearest, type Finding, type Run, type SystemError } from '../../../singer/index.ts';
import { KnownTables } from '../tables/known-tables.ts';
import { defaultSchema, nameRules } from '../tables/naming.ts';
import { mayUse, ownTable } from '../check/rights.ts';
import type { TargetConfig } from '../settings.ts';
import { findTable, placeOfTable, requestFaults } from './erasures.ts';
import { LOG_TABLE } from './log.ts';
import type { ErasedTable, Erasure } from './plan.ts';
import { faultsOf } from './rows.ts';

interface Where {
  readonly config: TargetConfig;
  /** Of tables without a schema of their own. */
  readonly schema: string;
  readonly run: Run;
}

const REQUESTS = 'erasure requests';
const TABLE = 'erased table';

/** Whether what the setting `erasures` names is there and can be erased. Changes nothing. */
export async function erasureFindings(session: Session, erasures: readonly Erasure[], where: Where): Promise<readonly Finding[]> {
  if (erasures.length === 0) return [];
  const { config, run, schema } = where;
  const named = defaultSchema(config, process.env);
  const streams = new KnownTables({ run, names: nameRules(config), schema: named, currentSchema: schema, own: [] });
  const findings: Finding[] = [];
  for (const erasure of erasures) {
    findings.push(...(await requests(session, erasure, streams)));
    for (const table of erasure.tables) findings.push(...(await erased(session, table, schema)));
  }
  const log = await ownTable(session, 'erasure log', { schema, table: LOG_TABLE }, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
  return [...findings, log];
}

async function requests(session: Session, { asked, stream }: Erasure, streams: KnownTables): Promise<readonly Finding[]> {
  const { existing, schema, table } = await streams.of(session, stream);
  const name = `${schema}.${table}`;
  if (existing === undefined) return [{ check: REQUESTS, ok: true, detail: `${name} will be made for the stream ${stream}` }];
  const faults = requestFaults({ schema, table }, existing, asked);
  if (faults.length > 0) return faults.map((fault) => failed(REQUESTS, fault));
  if (await mayUse(session, { schema, table }, ['SELECT']))
    return [{ check: REQUESTS, ok: true, detail: `${name}: ${asked.join(', ')}` }];
  return [{ check: REQUESTS, ok: false, detail: `${name} cannot be read`, hint: grant('SELECT', schema, name) }];
}

async function erased(session: Session, table: ErasedTable, schema: string): Promise<readonly Finding[]> {
  const found = await findTable(session, table, schema);
  if (found === undefined) return [await missing(session, table, schema)];
  const faults = faultsOf(found);
  if (faults.length > 0) return faults.map((fault) => failed(TABLE, fault));
  const name = `${found.schema}.${found.name}`;
  const may = await mayUse(session, { schema: found.schema, table: found.name }, ['SELECT', 'UPDATE']);
  if (may === true) return [{ check: TABLE, ok: true, detail: `${name}: ${table.fields.join(', ')}` }];
  const hint = grant('SELECT, UPDATE', found.schema, name);
  return [{ check: TABLE, ok: false, detail: `${name} cannot be read and changed`, hint }];
}

/** It may come later: tables of quarantine and history do. One that is nearly called so is most likely the one that is meant. */
async function missing(session: Session, table: ErasedTable, defaultSchema: string): Promise<Finding> {
  const [schema, name] = placeOfTable(table, defaultSchema);
  const query = `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`;
  const { rows } = await session.query(query, [schema]);
  const near = nearest(
    name,
    rows.map((row) => String(row['name'])),
  );
  const detail = `there is no ${schema}.${name} yet: nothing is erased in it`;
  return { check: TABLE, ok: true, detail, ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }) };
}

function failed(check: string, { hint, message }: SystemError): Finding {
  return { check, ok: false, detail: message, ...(hint === undefined ? {} : { hint }) };
}

function grant(rights: string, schema: string, table: string): string {
  return `GRANT USAGE ON SCHEMA ${schema} and ${rights} ON ${table} to the role.`;
}
