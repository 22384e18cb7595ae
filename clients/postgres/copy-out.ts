import type { Connection, Submittable } from 'pg';
import { RowFrames, type CopyBlock } from './row-frames.ts';

type Listener = (chunk: Buffer) => void;

/** Rows are handed on when there are so many bytes of them, at the end, or after a while. */
const ENOUGH_BYTES = 64 * 1024;
const LONGEST_WAIT_MS = 500;
/** Rows that wait for their reader: when there are so many bytes of them, the server has to wait. */
const MOST_BYTES = 256 * 1024;
/**
 * A turn of the event loop that brought fewer bytes than these has emptied the socket. The server sends 8 KiB at a time, and waking a reader
 * for each takes it a sixth of its time and us half of ours.
 */
const WORTH_A_TURN_BYTES = 64 * 1024;
/** So long nothing is read then. */
const REST_MS = 1;
/** ReadyForQuery: what ends every query. */
const READY = 0x5a;

/**
 * One `COPY … TO STDOUT` for the pg driver. While it runs it reads the socket itself: the driver would make an object of each row. What
 * is not a row (the end, a refusal, notices) is handed to the driver's own reader.
 */
export class CopyOut implements Submittable {
  /** True once the server is ready for the next query, or the connection is gone: nothing more will come. */
  ended = false;
  readonly #statement: string;
  readonly #frames = new RowFrames((message) => this.#other(message));
  #socket: Connection['stream'] | undefined;
  #driver: readonly Listener[] = [];
  /** Why there are no more rows, if it is not that all have come. */
  #failure: { readonly error: unknown } | undefined;
  #aborted = false;
  /** Goes on with whoever waits. */
  #wake: () => void = () => undefined;
  /** True when nobody wants the rows any more. */
  #discards = false;
  /** Bytes that have come. */
  #came = 0;
  #turnEnds: NodeJS.Immediate | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(statement: string) {
    this.#statement = statement;
  }

  submit(connection: Connection): void {
    const socket = connection.stream;
    this.#socket = socket;
    this.#driver = socket.listeners('data') as Listener[];
    socket.removeAllListeners('data');
    socket.on('data', this.#onData);
    socket.once('close', this.#onClose);
    connection.query(this.#statement);
  }

  /** The rows that have come; undefined after the last ones. Throws the server's refusal, or what ended the connection or the wait. */
  async next(): Promise<CopyBlock | undefined> {
    this.#frames.release();
    if (this.#frames.bytes < MOST_BYTES) this.#flow();
    if (this.#frames.bytes < ENOUGH_BYTES) await this.#arrival();
    if (this.#aborted) throw this.#failure?.error;
    const block = this.#frames.take();
    if (block === undefined && this.#failure !== undefined) throw this.#failure.error;
    // Of long rows one at a time is enough.
    if (block !== undefined && block.bytes.length <= MOST_BYTES * 2) this.#flow();
    return block;
  }

  /** Ends the waiting for rows with this error. */
  abort(error: unknown): void {
    this.#failure = { error };
    this.#aborted = true;
    this.#wake();
  }

  /** Wants no more rows; resolves when the server has ended the statement, however. */
  async drain(): Promise<void> {
    this.#discards = true;
    this.#flow();
    while (!this.ended) await this.#woken();
  }

  handleCommandComplete(): void {
    // ReadyForQuery follows, which #other sees.
  }

  handleReadyForQuery(): void {
    // See #other.
  }

  /** The server's refusal, or a lost connection. */
  handleError(error: unknown): void {
    this.#failure ??= { error };
    if (this.#socket !== undefined) return;
    // Never sent: the connection was gone before.
    this.ended = true;
    this.#wake();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#turnEnds ??= setImmediate(this.#onTurnEnd, this.#came);
    this.#came += chunk.length;
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.handleError(error);
      this.#socket?.destroy();
      return;
    }
    if (this.#discards) while (this.#frames.take() !== undefined);
    if (this.ended || this.#frames.bytes >= ENOUGH_BYTES) this.#wake();
    if (!this.ended && this.#frames.bytes >= MOST_BYTES) this.#socket?.pause();
  };

  /** `before`: bytes that had come before this turn of the event loop. A small result need not wait. */
  readonly #onTurnEnd = (before: number): void => {
    this.#turnEnds = undefined;
    if (this.#discards || before < WORTH_A_TURN_BYTES || this.#came - before >= WORTH_A_TURN_BYTES) return;
    this.#socket?.pause();
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (this.#frames.bytes < MOST_BYTES) this.#flow();
    }, REST_MS);
  };

  /** Reads on, after the rest if there is one. */
  #flow(): void {
    if (this.#rest === undefined || this.#discards) this.#socket?.resume();
  }

  readonly #onClose = (): void => {
    this.#failure ??= { error: new Error('Connection terminated during a COPY') };
    this.#end();
    this.#wake();
  };

  /** A whole message that is not a row, for the driver. */
  #other(message: Buffer): void {
    // First of all, for the driver may send the next query at once.
    if (message[0] === READY) this.#end();
    for (const read of this.#driver) read(message);
  }

  /** Gives the socket back. */
  #end(): void {
    this.ended = true;
    clearImmediate(this.#turnEnds);
    clearTimeout(this.#rest);
    const socket = this.#socket;
    socket?.off('data', this.#onData);
    socket?.off('close', this.#onClose);
    for (const read of this.#driver) socket?.on('data', read);
    socket?.resume();
  }

  /** Resolves when there are rows enough, at the end, and after a while if there are rows at all. */
  async #arrival(): Promise<void> {
    const timer = setInterval(() => {
      if (this.#frames.bytes > 0) this.#wake();
    }, LONGEST_WAIT_MS);
    for (let woken = false; !this.ended && !this.#aborted && !(woken && this.#frames.bytes > 0); woken = true)
      await this.#woken();
    clearInterval(timer);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
