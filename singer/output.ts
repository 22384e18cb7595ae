/** Where messages go. Honours backpressure. */
export interface Output {
  /**
   * Writes whole lines. Gives a promise when the reader is behind: await it before writing more.
   * Throws (or rejects with) a SystemError of code `output-closed` once the reader is gone.
   */
  write(bytes: Buffer | string): Promise<void> | undefined;
  /** Bytes that were written and that the operating system has not taken yet: they must stay as they are. Undefined: nobody knows. */
  queued?(): number;
  /** Resolves when everything written was handed to the operating system. */
  flush(): Promise<void>;
}
