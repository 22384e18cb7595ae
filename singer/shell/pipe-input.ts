import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** More than a pipe holds (64 KiB): one read then takes all there is. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Reads a pipe or socket into two buffers that take turns, for half the processor time of a stream that makes a buffer per
 * read. A chunk is valid until the next one is asked for.
 */
export class PipeInput implements AsyncIterable<Buffer> {
  readonly #socket: Socket;
  /** The socket fills the first one next; the other one is full or with the reader. */
  #buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const;
  /** Read and not yet asked for. */
  #ready: Buffer | undefined;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(fd: number) {
    // The types know `onread` for `connect` only.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer: () => this.#buffers[0], callback: (count) => this.#take(count) },
    };
    this.#socket = new Socket(options);
    this.#socket.on('error', (error) => this.#stop(error));
    this.#socket.on('end', () => this.#stop(undefined));
    this.#socket.on('close', () => this.#stop(undefined));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    this.#socket.resume();
    for (;;) {
      while (this.#ready === undefined && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#ready === undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        return;
      }
      const chunk = this.#ready;
      this.#ready = undefined;
      this.#socket.resume();
      yield chunk;
    }
  }

  /** Stops reading and lets the process end. */
  close(): void {
    this.#socket.destroy();
  }

  /** False tells the socket to pause: the other buffer is with the reader. It asks for its next buffer right after this. */
  #take(count: number): boolean {
    const [filled, other] = this.#buffers;
    this.#ready = filled.subarray(0, count);
    this.#buffers = [other, filled];
    this.#awake();
    return false;
  }

  #stop(failure: Error | undefined): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
