import type { Lines } from './target/lines.ts';

/**
 * A piece of the way between two plugins that changes messages: what a mapper is between two pipes, and what stands before a target or
 * behind a tap whose settings have rules of their own.
 */
export interface Stage {
  /**
   * Takes whole message lines (valid UTF-8) and gives what becomes of them, in order, as whole lines; a line may give none or many. A
   * block is valid until the next one is asked for. Throws InputError, RecordError and ConfigError; after a signal also its reason, at the
   * end of a line, if much is to come.
   */
  take(lines: Lines): AsyncIterable<Buffer>;
  /** The input ended at the end of a line: gives what was held back. */
  finish(): AsyncIterable<Buffer>;
  /** How many records of which streams have left since it was last asked; a stage that stands between two plugins tells. */
  sent?(): Iterable<readonly [stream: string, records: number]>;
  /** Called once, whatever happened; `succeeded` if all that `finish` gave was taken and everything after it went well. */
  close(succeeded: boolean): Promise<void>;
}
