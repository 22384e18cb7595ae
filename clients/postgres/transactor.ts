import { SystemError } from '../../singer/errors.ts';
import type { Log } from '../../singer/index.ts';
import { withRetry } from '../../singer/retry.ts';
import { connect, type Session } from './connect.ts';
import { remedyOf, sqlState, systemError, type Remedy } from './errors.ts';
import type { ConnectOptions } from './options.ts';
import { ident } from './quote.ts';

export interface TransactorOptions {
  readonly connect: ConnectOptions;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Statements right after BEGIN, for example `SET LOCAL …`; only settings of the transaction, so that poolers may be between. */
  readonly begin: string;
  /** Statement once per connection that may fail, for example a setting that a pooler refuses. */
  readonly onConnect?: string;
  /** Milliseconds that one statement of a transaction may stay without an answer; see Session. */
  readonly answerWithinMs?: number | undefined;
  /** Role to take on right after every connect; a refusal ends the run. */
  readonly role?: string | undefined;
  /** Called when the catalog as we know it has proved wrong, before the work is tried again. */
  readonly onStale: () => void;
}

/** How a transaction ends. */
export type End = 'commit' | 'leave open';

/**
 * One connection with at most one transaction open on it, which may outlive several pieces of work. The one place that retries:
 * a piece of work that began its transaction is done again as a whole after a lost connection, a deadlock or a held lock; one
 * that continues an open transaction is not, because what came before it is gone with the transaction.
 */
export class Transactor {
  readonly #o: TransactorOptions;
  #session: Session | undefined;
  #connectedOnce = false;
  #open = false;

  constructor(options: TransactorOptions) {
    this.#o = options;
  }

  /** True while a transaction waits for more work. */
  get open(): boolean {
    return this.#open;
  }

  /** The server's `server_version_num`. */
  async version(): Promise<number> {
    return this.#attempts(async () => (await this.#connected()).version);
  }

  /** Reads outside a transaction of its own (or inside the open one). */
  async read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#attempts(async () => work(await this.#connected()));
  }

  /**
   * Does one thing outside of a transaction that must not be done twice: tried again only where the server has undone it itself. When
   * the connection dies under it, nobody knows whether it was done: that fails.
   */
  async once<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await this.version();
    return this.#attempts(async () => work(await this.#connected()), 'retry');
  }

  /**
   * Does `work` in a transaction, then commits, or leaves it open for more, which may depend on what came of it. `work` may run several times; `first` tells it that
   * nothing else has been done in the transaction yet.
   */
  async run<T>(work: (session: Session, first: boolean) => Promise<T>, end: End | ((result: T) => End)): Promise<T> {
    return this.#attempts(async () => {
      const session = await this.#connected();
      const first = !this.#open;
      if (first) {
        this.#open = true;
        session.answerWithinMs = this.#o.answerWithinMs;
        await session.query(this.#o.begin);
      }
      const result = await work(session, first);
      if ((typeof end === 'function' ? end(result) : end) === 'commit') await this.#commit(session);
      return result;
    });
  }

  /** Undoes what is open and closes the connection. */
  async close(): Promise<void> {
    await this.#abandon();
    await this.#session?.close();
    this.#session = undefined;
  }

  /** `only`: nothing else than errors of this remedy is worth another attempt. */
  async #attempts<T>(attempt: () => Promise<T>, only?: Remedy): Promise<T> {
    const continued = this.#open;
    try {
      return await withRetry(attempt, {
        retries: this.#o.connect.maxRetries,
        signal: this.#o.signal,
        again: async (error) => {
          await this.#abandon();
          const remedy = remedyOf(error);
          if (remedy === 'stale') this.#o.onStale();
          // A first connection that is refused outright is a wrong setting more often than a passing fault.
          if (only !== undefined && remedy !== only) return false;
          return remedy !== 'fail' && !continued && (this.#connectedOnce || isServers(error));
        },
        onWait: (error, attempt, waitMs) => {
          const { code, facts } = systemError(error);
          this.#o.log.warn('Postgres failed in a way that may pass: the batch is rolled back and tried again', {
            ...facts,
            code,
            attempt,
            wait_ms: waitMs,
          });
        },
      });
    } catch (error) {
      const { host, port, database } = this.#o.connect;
      throw systemError(error, this.#connectedOnce ? {} : { host, port, database });
    }
  }

  async #connected(): Promise<Session> {
    if (this.#session?.lost === false) return this.#session;
    if (this.#open) throw new Error('Connection terminated with a transaction open');
    const session = await connect(this.#o.connect);
    try {
      if (this.#o.role !== undefined) await setRole(session, this.#o.role);
    } catch (error) {
      await session.close();
      throw error;
    }
    this.#session = session;
    this.#connectedOnce = true;
    if (this.#o.onConnect !== undefined) await session.query(this.#o.onConnect).catch(() => undefined);
    return session;
  }

  /** Rolls back; drops a connection on which even that fails. */
  async #abandon(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const wasOpen = this.#open;
    this.#open = false;
    try {
      if (session.lost) throw new Error('lost');
      if (wasOpen) await session.query('ROLLBACK');
      session.answerWithinMs = undefined;
    } catch {
      // The connection is gone; the server rolls back by itself.
      this.#session = undefined;
      await session.close();
    }
  }

  /** Commits. When the answer never came, asks the server whether it did; only a sure "no" is thrown as a failure that may be retried. */
  async #commit(session: Session): Promise<void> {
    const { rows } = await session.query('SELECT txid_current_if_assigned()::text AS xid');
    const xid = rows[0]?.['xid'];
    this.#open = false;
    try {
      await session.query('COMMIT');
      session.answerWithinMs = undefined;
    } catch (error) {
      if (typeof xid !== 'string' || remedyOf(error) !== 'reconnect') throw error;
      if (!(await this.#wasCommitted(xid))) throw error;
    }
  }

  async #wasCommitted(xid: string): Promise<boolean> {
    await this.#abandon();
    try {
      return await withRetry(
        async () => {
          const session = await this.#connected();
          const { rows } = await session.query('SELECT txid_status($1::bigint) AS status', [xid]);
          const status = rows[0]?.['status'];
          if (status === 'committed') return true;
          if (status === 'aborted') return false;
          // Still in progress: the old session has not noticed yet that we are gone.
          throw new Error(`transaction is ${String(status)}`);
        },
        {
          retries: this.#o.connect.maxRetries,
          signal: this.#o.signal,
          again: async () => {
            if (this.#session?.lost !== false) await this.#abandon();
            return true;
          },
          onWait: (_, attempt, waitMs) =>
            this.#o.log.warn('The connection was lost at COMMIT: finding out whether it took place', {
              attempt,
              wait_ms: waitMs,
            }),
        },
      );
    } catch (error) {
      throw new SystemError('The connection was lost at COMMIT and it cannot be found out whether it took place', {
        code: 'commit-unknown',
        hint: 'Start the next run from `state get` rather than from the printed state: the stored state is exact.',
        cause: error,
      });
    }
  }
}

async function setRole(session: Session, role: string): Promise<void> {
  try {
    await session.query(`SET ROLE ${ident(role)}`);
  } catch (error) {
    if (remedyOf(error) !== 'fail') throw error;
    throw new SystemError(`The role ${role} cannot be taken on`, {
      code: 'role-refused',
      facts: { role, sqlstate: sqlState(error) },
      hint: `Create the role, or make the user a member of it: GRANT ${ident(role)} TO …`,
    });
  }
}

/** True when the server itself answered (starting up, no connection left), so that waiting may help. */
function isServers(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string' && /^(?:57|53)/.test(String((error as { code?: unknown }).code));
}
