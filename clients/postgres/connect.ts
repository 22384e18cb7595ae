import { Socket } from 'node:net';
import type { Client, ClientConfig, QueryResult } from 'pg';
import { SystemError } from '../../singer/errors.ts';
import { requestCancel, type CancelAddress, type CancelKey } from './cancel.ts';
import { CopyIn, type Copy } from './copy-in.ts';
import { CopyOut } from './copy-out.ts';
import { loadDriver } from './driver.ts';
import { isTlsFault, remedyOf, sqlState } from './errors.ts';
import { type Host, isSocket } from './hosts.ts';
import type { ConnectOptions, SessionAttrs } from './options.ts';
import type { CopyBlock } from './row-frames.ts';

export type ResultRow = Readonly<Record<string, unknown>>;
export type Rows = readonly ResultRow[];

/** What a query says of one of its columns. */
export interface ResultColumn {
  readonly name: string;
  /** Oid of the type; of a domain, that of what it is made of. */
  readonly type: number;
  /** As `atttypmod`; -1 for none. */
  readonly modifier: number;
}

export interface Result<R extends object = ResultRow> {
  readonly rows: readonly R[];
  readonly rowCount: number;
  readonly columns: readonly ResultColumn[];
}

/** One connection. Errors are the server's and the socket's own: see errors.ts for what they mean. */
export interface Session {
  /** `server_version_num`, for example 150018. */
  readonly version: number;
  readonly database: string;
  /** As it is set for the user who logged in. */
  readonly searchPath: string;
  /** True once the connection is known to be gone. */
  readonly lost: boolean;
  /**
   * Milliseconds after which a server that has not answered counts as gone: the connection is dropped. Undefined: no limit. The server's
   * own timeouts are no help when the network in between is silent.
   */
  answerWithinMs: number | undefined;
  /** `R` is what the statement is known to select. */
  query<R extends object = ResultRow>(text: string, values?: readonly unknown[]): Promise<Result<R>>;
  /** Some statements in one message, so that they take the time of one; the first refusal ends them. Gives what each said. */
  queries(statements: readonly string[]): Promise<readonly Result[]>;
  /** Does some COPYs in their order, as one query, which the first refusal ends as a whole; gives the rows of each. */
  copyIn(copies: readonly Copy[]): Promise<readonly number[]>;
  /**
   * The rows of one `COPY … TO STDOUT`, in the server's order, some at a time; a block is valid until the next one is asked for. The server
   * waits while nobody asks. When the signal is aborted (its reason is thrown) or the reader stops early, the statement is cancelled,
   * which leaves a transaction that it is part of to be rolled back.
   */
  copyOut(statement: string, signal: AbortSignal): AsyncGenerator<CopyBlock, void>;
  close(): Promise<void>;
}

/**
 * Connects to the first host that will do (`target_session_attrs`), with TLS and without as libpq does. Loads the driver at the first
 * call. Throws SystemError `no-suitable-server` if servers answered and none will do.
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  const { sessionAttrs, hosts } = options;
  let failure: unknown;
  for (const wanted of sessionAttrs === 'prefer-standby' ? (['standby', 'any'] as const) : [sessionAttrs]) {
    for (const host of hosts) {
      try {
        const session = await connectTo(options, host);
        if (await isSuitable(session, wanted)) return session;
        await session.close();
        failure ??= unsuitable(options);
      } catch (error) {
        // Who is refused here is not sent on to the next door.
        if (hosts.length === 1 || !isUnreachable(error)) throw error;
        failure = error;
      }
    }
  }
  throw failure;
}

/** Connects to one host: with `allow` and `prefer` in the other way, too, if the first one is refused. */
async function connectTo(options: ConnectOptions, host: Host): Promise<Session> {
  const { mode, options: tls } = options.tls;
  if (tls === undefined || isSocket(host)) return open(options, host, false);
  if (mode !== 'allow' && mode !== 'prefer') return open(options, host, tls);
  const [first, second] = mode === 'allow' ? ([false, tls] as const) : ([tls, false] as const);
  try {
    return await open(options, host, first);
  } catch (refusal) {
    if (!(isRefused(refusal) || (first !== false && isTlsFault(refusal)))) throw refusal;
    return open(options, host, second).catch((error: unknown) => {
      // What is wrong with the password says more than that there is no other way in.
      const saysLess = isTlsFault(error) || (isRefused(refusal) && isRefused(error) && sqlState(error) !== WRONG_PASSWORD);
      throw saysLess ? refusal : error;
    });
  }
}

/** invalid_password. */
const WRONG_PASSWORD = '28P01';

/** Whether the server refused the login: pg_hba.conf may say otherwise of the other kind of connection. */
function isRefused(error: unknown): boolean {
  return sqlState(error)?.startsWith('28') === true;
}

/** Whether another host may answer: nobody did here, or the server is only starting or stopping. */
function isUnreachable(error: unknown): boolean {
  const state = sqlState(error);
  return remedyOf(error) === 'reconnect' && (state === undefined || state.startsWith('57'));
}

async function isSuitable(session: Session, wanted: SessionAttrs): Promise<boolean> {
  if (wanted === 'any') return true;
  const { rows } = await session.query(
    "SELECT pg_is_in_recovery() AS standby, pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS readonly",
  );
  const { standby, readonly } = rows[0]!;
  switch (wanted) {
    case 'read-write':
      return readonly === false;
    case 'read-only':
      return readonly === true;
    case 'primary':
      return standby === false;
    default:
      return standby === true;
  }
}

function unsuitable({ hosts, sessionAttrs }: ConnectOptions): SystemError {
  return new SystemError(`No server is what target_session_attrs asks for: ${sessionAttrs}`, {
    code: 'no-suitable-server',
    facts: { hosts: hosts.map(({ host, port }) => `${host}:${port}`) },
    hint: 'Name the right servers in host, or set target_session_attrs to any.',
  });
}

async function open(options: ConnectOptions, at: Host, ssl: ClientConfig['ssl'] & (object | false)): Promise<Session> {
  const pg = await loadDriver();
  const socket = new Socket();
  const client = new pg.Client({
    stream: () => socket,
    host: at.host,
    port: at.port,
    user: options.user,
    database: options.database,
    password: () => options.password(at),
    ssl,
    application_name: options.applicationName,
    ...(options.startupOptions === undefined ? {} : { options: options.startupOptions }),
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    // The system's own two hours are too long to find out that the other side is gone.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  const session = new PgSession(client, socket, { host: at.host, port: at.port, tls: ssl || undefined });
  try {
    await client.connect();
    session.answerWithinMs = options.connectTimeoutMs || undefined;
    await session.start();
    session.answerWithinMs = undefined;
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

/** How long a connection may take to close. */
const CLOSE_MS = 5_000;
/** How long a statement may take to end when it was cancelled, before the connection is dropped. */
const CANCEL_MS = 5_000;
/** A connection that has been silent for so long is probed. */
const KEEP_ALIVE_MS = 30_000;

/** What is asked of each new connection. */
const START = `SELECT current_setting('server_version_num')::int AS version, current_database() AS database, current_setting('search_path') AS search_path`;

class PgSession implements Session {
  version = 0;
  database = '';
  searchPath = '';
  lost = false;
  answerWithinMs: number | undefined;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #address: CancelAddress;

  constructor(client: Client, socket: Socket, address: CancelAddress) {
    this.#client = client;
    this.#socket = socket;
    this.#address = address;
    // Without a listener a connection that dies while idle would end the process. The next query reports it.
    client.on('error', () => (this.lost = true));
    client.on('end', () => (this.lost = true));
  }

  async start(): Promise<void> {
    const { version, database, search_path: searchPath } = (await this.query(START)).rows[0] ?? {};
    this.version = Number(version);
    this.database = String(database);
    this.searchPath = String(searchPath);
  }

  async query<R extends object = ResultRow>(text: string, values?: readonly unknown[]): Promise<Result<R>> {
    return resultOf(await this.#answered(() => this.#client.query<R>(text, values === undefined ? undefined : [...values])));
  }

  async queries(statements: readonly string[]): Promise<readonly Result[]> {
    const answer: unknown = await this.#answered(() => this.#client.query(statements.join(';\n')));
    // Of a single statement the driver gives the result itself.
    const results = (Array.isArray(answer) ? answer : [answer]) as readonly QueryResult[];
    return results.map((result) => resultOf(result));
  }

  async copyIn(copies: readonly Copy[]): Promise<readonly number[]> {
    return this.#answered(async (onProgress) => {
      const copy = this.#client.query(new CopyIn(copies, onProgress));
      await copy.done;
      return copy.rowCounts;
    });
  }

  async *copyOut(statement: string, signal: AbortSignal): AsyncGenerator<CopyBlock, void> {
    signal.throwIfAborted();
    const copy = this.#client.query(new CopyOut(statement));
    const onAbort = (): void => copy.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        const block = await this.#answered(() => copy.next());
        if (block === undefined) return;
        yield block;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (!copy.ended) await this.#cancel(copy);
    }
  }

  /** Ends a COPY early. Until both are done: a request that comes late would hit the next statement. */
  async #cancel(copy: CopyOut): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), CANCEL_MS);
    // The driver has it from the server, and its types lack it.
    const key = this.#client as Client & CancelKey;
    await Promise.all([requestCancel(this.#address, key, CANCEL_MS), copy.drain()]);
    clearTimeout(timer);
  }

  /** Drops the connection when an answer takes too long: that ends the waiting with an error of a lost connection. */
  async #answered<T>(ask: (onProgress: () => void) => Promise<T>): Promise<T> {
    if (this.answerWithinMs === undefined) return ask(() => undefined);
    const timer = setTimeout(() => this.#socket.destroy(), this.answerWithinMs);
    try {
      return await ask(() => timer.refresh());
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    // The end of a connection that is gone already is no news. A silent server must not keep us.
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_MS);
    // As libpq does: the server has no more to say once it was told, and its process takes a while to end.
    this.#socket.once('finish', () => this.#socket.destroy());
    await this.#client.end().catch(() => undefined);
    clearTimeout(timer);
  }
}

function resultOf<R extends object>(
  result: Pick<QueryResult, 'rowCount' | 'fields'> & { readonly rows: readonly R[] },
): Result<R> {
  return {
    rows: result.rows,
    rowCount: result.rowCount ?? 0,
    // Few ask for them, and several statements of one text, which give several results, have none.
    get columns() {
      return result.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        type: dataTypeID,
        modifier: dataTypeModifier,
      }));
    },
  };
}
