/** What is needed of `process.stderr`. */
export interface ErrorStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: () => void): unknown;
}

/** Whole lines to stderr and, on a terminal, one line of progress below them that they never tear. */
export class Stderr {
  /** True if a person is looking: a terminal, and not a CI's. */
  readonly interactive: boolean;
  readonly #stream: ErrorStream;
  #progress = '';

  constructor(stream: ErrorStream, environment: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream;
    this.interactive = stream.isTTY === true && !environment['CI'] && environment['TERM'] !== 'dumb';
  }

  /** Writes one line; the newline is added. */
  line(text: string): void {
    this.#stream.write(this.#progress === '' ? `${text}\n` : `${CLEAR}${text}\n${this.#progress}`);
  }

  /** Redraws the progress line; empty text takes it away. */
  progress(text: string): void {
    if (!this.interactive || text === this.#progress) return;
    // Some terminals do not know their width. A line as wide as the window would wrap, and clearing it would leave half of it behind.
    const shown = text.slice(0, Math.max(20, (this.#stream.columns || 80) - 1));
    this.#stream.write(CLEAR + shown);
    this.#progress = shown;
  }

  /** Resolves when everything was handed to the operating system. */
  flush(): Promise<void> {
    return new Promise((resolve) => void this.#stream.write('', resolve));
  }
}

const CLEAR = '\r\u001b[K';
