import type { LineError } from '../../../clients/bigquery/line-errors.ts';
import type { Place } from '../../../clients/bigquery/errors.ts';
import type { JobResource } from '../../../clients/bigquery/resources.ts';
import type { LinesFile } from '../blame/cut-lines.ts';

/** A file on its way to a load job. */
export interface Sending {
  readonly file: LinesFile;
  readonly stream: string;
  /** The table of the stream, whichever one the rows are loaded into first. */
  readonly table: string;
  /** For errors and logs: `Loading orders`. */
  readonly what: string;
  readonly place: Place;
}

/** How files come to load jobs: what the setting `method` says. */
export interface WayIn {
  /** Files are cut into pieces of so many bytes on the disk; undefined: they are not. */
  readonly pieceBytes?: number;
  /** Where the rows go before a job loads them, for `--plan`: `gs://bucket/prefix`; undefined: nowhere. */
  readonly by?: string;
  /** Before any input is read: whether files can come to jobs in this location. Throws SystemError. */
  prove(location: string): Promise<void>;
  /** Takes up a file; nothing is sent yet. */
  take(sending: Sending): HandIn;
  /** The run has ended well: removes what earlier runs of its `run_id` have left of these tables. */
  finish(tables: ReadonlySet<string>): Promise<void>;
}

/** One file, and the job, or its attempts, that load it. */
export interface HandIn {
  /** Hands the job in with the file. Throws SystemError; with reason `duplicate` there is a job of that name. */
  submit(job: JobResource): Promise<JobResource>;
  /** Finds a line that a failed job names in the file; undefined: it is none of its lines. */
  lineOf(line: LineError): LineError | undefined;
  /** The job has ended, well or not, and no other attempt follows. */
  release(): Promise<void>;
}
