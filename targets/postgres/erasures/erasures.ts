import type { Session } from '../../../clients/postgres/connect.ts';
import { ident, qualified } from '../../../clients/postgres/quote.ts';
import { nearest, SystemError, type Log } from '../../../singer/index.ts';
import { readTable, type ExistingTable } from '../tables/catalog.ts';
import { ErasureLog, LOG_TABLE, type Logged } from './log.ts';
import type { ErasedTable, Erasure } from './plan.ts';
import { requestsOf, Index, type Request } from './requests.ts';
import { eraseRows, faultsOf, learnNames, type Done, type FoundTable } from './rows.ts';
import { Seal } from './seal.ts';

/** Requests that are looked for at one time. */
const REQUESTS = 5000;

export interface ErasuresOptions {
  readonly erasures: readonly Erasure[];
  /** Of the hashes in the log. */
  readonly key: string;
  /** Where tables without a schema of their own are, and the log. */
  readonly schema: string;
  readonly log: Log;
}

/** What was done in one table; with a dry run, what would be. */
export interface TableReport {
  readonly table: string;
  /** Undefined: there is no such table. */
  readonly found: { readonly met: number; readonly erased: number } | undefined;
}

export interface ErasureReport {
  readonly requests: number;
  /** Those that have met no row. */
  readonly pending: number;
  readonly tables: readonly TableReport[];
}

/** Erases rows of people who have asked for it: see decision 0012. */
export class Erasures {
  readonly #o: ErasuresOptions;
  readonly #log: ErasureLog;
  readonly #seal: Seal;
  readonly #dirty = new Set<string>();
  #reports: ErasureReport[] = [];

  constructor(options: ErasuresOptions) {
    this.#o = options;
    this.#log = new ErasureLog(options.schema);
    this.#seal = new Seal(options.key);
  }

  /** Records of a stream were loaded. */
  note(stream: string): void {
    this.#dirty.add(stream);
  }

  /**
   * To be called just before a commit: does what the requests in it ask for, and those that have met nothing so far. At the end of the run all
   * requests are looked at once more: rows of people who were erased before may have come again. `placeOf` gives a stream's table.
   */
  async apply(
    session: Session,
    placeOf: (
      stream: string,
    ) => Promise<{ readonly schema: string; readonly table: string; readonly existing: ExistingTable | undefined }>,
    { last }: { last: boolean },
  ): Promise<void> {
    this.#reports = [];
    for (const erasure of this.#o.erasures) {
      const isAsked = this.#dirty.has(erasure.stream);
      if (!isAsked && !last) continue;
      const place = await placeOf(erasure.stream);
      if (place.existing === undefined) continue;
      const rows = await requestRows(session, place, place.existing, erasure.asked);
      await this.#log.ensure(session);
      const { done } = await this.#log.read(session);
      const requests = [...requestsOf(rows, erasure.asked, this.#o.key).values()];
      const asked = last ? requests : requests.filter(({ hash }) => !done.has(hash));
      if (asked.length > 0) this.#reports.push(await this.run(session, erasure, asked, { dryRun: false }));
    }
  }

  committed(): void {
    this.#dirty.clear();
    for (const { pending, requests, tables } of this.#reports.splice(0)) {
      const erased = tables.reduce((sum, { found }) => sum + (found?.erased ?? 0), 0);
      if (erased === 0 && pending === 0) continue;
      const counts = tables.map(({ found, table }) => `${table} ${found?.erased ?? 'is missing'}`);
      this.#o.log.info('Erased', { requests, pending, rows: erased, tables: counts });
    }
  }

  /** Requests of rows with the columns that `erasure` asks for. */
  requestsIn(rows: readonly Readonly<Record<string, unknown>>[], erasure: Erasure): Request[] {
    return [...requestsOf(rows, erasure.asked, this.#o.key).values()];
  }

  /** Erases, or with `dryRun` counts, what some requests ask for. */
  async run(
    session: Session,
    { dates, stream, tables }: Erasure,
    requests: readonly Request[],
    { dryRun }: { dryRun: boolean },
  ): Promise<ErasureReport> {
    if (!dryRun) await this.#log.ensure(session);
    const { done: before, marks, names } = dryRun ? await this.#logIfAny(session) : await this.#log.read(session);
    const there: (FoundTable | undefined)[] = [];
    for (const table of tables) {
      const found = await findTable(session, table, this.#o.schema);
      const [fault] = found === undefined || requests.length === 0 ? [] : faultsOf(found);
      if (fault !== undefined) throw fault;
      there.push(found);
    }
    const counts = tables.map(() => ({ met: 0, erased: 0 }));
    const unmet = new Set(requests.filter(({ hash }) => !before.has(hash)));
    for (let at = 0; at < requests.length; at += REQUESTS) {
      const index = new Index(requests.slice(at, at + REQUESTS), ({ hash }) =>
        (names.get(hash) ?? []).flatMap((sealed) => {
          const name = this.#seal.open(sealed);
          return name === undefined ? [] : [name];
        }),
      );
      await learnAll(session, there, index);
      for (const [i, each] of there.entries()) {
        if (each === undefined) continue;
        for (const done of await eraseRows(session, each, index, { dates, dryRun, marks })) {
          counts[i]!.met += done.met;
          counts[i]!.erased += done.erased;
          unmet.delete(done.request);
          if (!dryRun && done.erased > 0) await this.#note(session, done, each.table.name, stream);
        }
      }
      if (dryRun) continue;
      for (const { name, request } of index.learned) await this.#log.learn(session, request.hash, [this.#seal.close(name)]);
    }
    if (!dryRun && unmet.size > 0)
      await this.#log.pend(
        session,
        [...unmet].map(({ hash }) => hash),
        stream,
      );
    return {
      requests: requests.length,
      pending: unmet.size,
      tables: tables.map(({ name }, i) => ({ table: name, found: there[i] === undefined ? undefined : counts[i] })),
    };
  }

  async #note(session: Session, { erased, marks, request }: Done, table: string, stream: string): Promise<void> {
    await this.#log.add(session, { request: request.hash, table, stream, rows: erased, marks });
  }

  async #logIfAny(session: Session): Promise<Logged> {
    if ((await readTable(session, this.#o.schema, LOG_TABLE)) === undefined)
      return { done: new Set(), marks: new Set(), names: new Map() };
    return this.#log.read(session);
  }
}

/** One table may name people by what another one knows of them. */
async function learnAll(session: Session, tables: readonly (FoundTable | undefined)[], index: Index): Promise<void> {
  for (let isNew = true; isNew;) {
    isNew = false;
    for (const found of tables) if (found !== undefined && (await learnNames(session, found, index))) isNew = true;
  }
}

/** Columns that a table of requests lacks. */
export function requestFaults(
  { schema, table }: { readonly schema: string; readonly table: string },
  existing: ExistingTable,
  asked: readonly string[],
): SystemError[] {
  return asked
    .filter((column) => !existing.columns.has(column))
    .map((column) => {
      const near = nearest(column, [...existing.columns.keys()]);
      return new SystemError(
        `The table ${schema}.${table} of requests has no column ${column}${near === undefined ? '' : `; did you mean ${near}?`}`,
        {
          code: 'erasure-column',
          facts: { schema, table, column },
          hint: 'Correct the setting erasures: nothing is committed with such a column.',
        },
      );
    });
}

async function requestRows(
  session: Session,
  { schema, table }: { readonly schema: string; readonly table: string },
  existing: ExistingTable,
  asked: readonly string[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const [fault] = requestFaults({ schema, table }, existing, asked);
  if (fault !== undefined) throw fault;
  const columns = asked.map((column) => `${ident(column)}::text AS ${ident(column)}`).join(', ');
  return (await session.query(`SELECT DISTINCT ${columns} FROM ${qualified(schema, table)}`)).rows;
}

/** A table of the setting in the database; undefined if it is not there. `schema` is that of names without one. */
export async function findTable(session: Session, table: ErasedTable, schema: string): Promise<FoundTable | undefined> {
  const [place, name] = placeOfTable(table, schema);
  const existing = await readTable(session, place, name);
  return existing === undefined ? undefined : { table, schema: place, name, existing };
}

export function placeOfTable({ name }: ErasedTable, schema: string): [schema: string, table: string] {
  return name.includes('.') ? splitOnce(name) : [schema, name];
}

function splitOnce(name: string): [string, string] {
  const at = name.indexOf('.');
  return [name.slice(0, at), name.slice(at + 1)];
}
