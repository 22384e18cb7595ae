import type { JsonSchema, Out, ReadRequest, Run } from '../../singer/tap/index.ts';
import { BATCH_BYTES, SLACK_BYTES } from '../../singer/tap/index.ts';
import type { FoundFile } from './files.ts';
import type { Group, Part } from './groups.ts';
import type { MadeColumns } from './made-columns.ts';
import type { ErrorCount, RejectFile } from './policy.ts';
import type { FileState } from './state.ts';
import { WINDOW_BYTES } from './window.ts';

/** For tests: how files are read, never what is read. */
export interface Tuning {
  readonly windowBytes: number;
  readonly batchBytes: number;
  readonly slackBytes: number;
  readonly fastLane: boolean;
  /** See Patience. */
  readonly learnAfter?: number;
}

export const USUAL: Tuning = { windowBytes: WINDOW_BYTES, batchBytes: BATCH_BYTES, slackBytes: SLACK_BYTES, fastLane: true };

/** What is asked about a stream's files. */
export interface Discovery extends MadeColumns {
  readonly group: Group;
  readonly run: Run;
  readonly tuning: Tuning;
}

/** What is known of a stream once its files have been looked into. */
export interface Discovered {
  readonly schema: JsonSchema;
  /** The schema that rows have when this one is announced: types that were inferred give way to those of an older catalog. */
  readonly given: (announced: JsonSchema) => JsonSchema;
  /**
   * Reads a file from where `prior` says into `out`. Yields how far it has come each time `out` is full, and gives it at the end.
   * Throws InputError for a malformed row when the policy says so, SystemError for a refusal of the system.
   */
  readonly readFile: (wanted: Wanted, out: Out) => AsyncGenerator<FileState, FileState>;
}

/** What is wanted of a file. */
export interface Wanted {
  readonly part: Part;
  /** How far it has been read before; undefined if it is new. */
  readonly prior: FileState | undefined;
  readonly request: ReadRequest;
  /** Send no more rows than this. */
  readonly left: number;
  readonly rejects: Map<string, RejectFile>;
  /** Malformed rows of the stream so far. */
  readonly errors: ErrorCount;
  /** Called when the file changed while it was read in such a way that rows may be missing. */
  readonly onTorn?: () => void;
}

/** Rows that the core converts to types the catalog wants leave as objects. */
export const BARE = { head: Buffer.alloc(0), tail: Buffer.from('\n') };

/** Header lines are short: discovery asks for no more than this at once. */
export const HEADER_BYTES = 16 * 1024;

/** Thousands of small files should not each take the memory of a large one; a compressed one becomes longer. */
const LEAST_BYTES = 4096;

/** Size of the window to look into a file with. */
export function headerWindow(file: FoundFile, { windowBytes }: Tuning): number {
  return file.regular ? Math.min(windowBytes, HEADER_BYTES, Math.max(LEAST_BYTES, file.size)) : windowBytes;
}

/** Size of the window to read a file with. */
export function fileWindow(file: FoundFile, { windowBytes }: Tuning): number {
  return file.regular ? Math.min(windowBytes, Math.max(LEAST_BYTES, file.size)) : windowBytes;
}
