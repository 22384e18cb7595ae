import type { Connection, Submittable } from 'pg';

/** Rows for one `COPY … FROM STDIN`. */
export interface Copy {
  readonly statement: string;
  /** In the format that the statement names. */
  readonly blocks: readonly Buffer[];
}

/** Message types and lengths of the protocol (Message Formats in the manual). */
const COPY_DATA = 0x64;
const LENGTH_BYTES = 4;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, LENGTH_BYTES]);

/**
 * Some COPYs in one query for the pg driver: the server asks for the rows of each when it is done with the one before, so that the two
 * sides wait for each other once a COPY. The first refusal ends them all.
 */
export class CopyIn implements Submittable {
  /** Rows of each COPY so far. */
  readonly rowCounts: number[] = [];
  /** Resolves when the server is done with all; rejects with its refusal, or when the connection is lost. */
  readonly done: Promise<void>;
  readonly #copies: readonly Copy[];
  readonly #onProgress: () => void;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #asked = 0;
  #ended = false;

  /** `onProgress` is called whenever the server has taken something. */
  constructor(copies: readonly Copy[], onProgress: () => void) {
    this.#copies = copies;
    this.#onProgress = onProgress;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#copies.map(({ statement }) => statement).join(';\n'));
  }

  handleCopyInResponse({ stream }: Connection): void {
    const { blocks } = this.#copies[this.#asked++]!;
    let next = 0;
    const send = (): void => {
      if (this.#ended) return;
      this.#onProgress();
      // Corked, for else the server would wake up for a head of five bytes.
      stream.cork();
      let hasRoom = true;
      // One block under way at a time: after a refusal nothing may be left that would still be written.
      while (hasRoom && next < blocks.length) {
        const block = blocks[next++]!;
        stream.write(headOf(block));
        hasRoom = stream.write(block);
      }
      if (next === blocks.length) stream.write(COPY_DONE);
      else stream.once('drain', send);
      stream.uncork();
    };
    send();
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.rowCounts.push(Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0));
  }

  handleReadyForQuery(): void {
    this.#ended = true;
    this.#resolve();
  }

  handleError(error: unknown): void {
    this.#ended = true;
    this.#reject(error);
  }
}

/** What stands before the rows of a CopyData message. */
function headOf(block: Buffer): Buffer {
  const head = Buffer.allocUnsafe(1 + LENGTH_BYTES);
  head[0] = COPY_DATA;
  head.writeUInt32BE(block.length + LENGTH_BYTES, 1);
  return head;
}
