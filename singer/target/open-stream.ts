import type { Announcement } from './announcement.ts';
import type { OpenPart } from './checkpoint.ts';
import type { Json } from '../json.ts';
import type { EncodeLines } from './flat-lines.ts';
import type { Encoder, StreamHeader } from './destination.ts';
import { Versions } from './versions.ts';

/** A stream as it is read now; another one after every SCHEMA that differs. */
export interface OpenStream {
  readonly announcement: Announcement;
  /** The stream as its destination sees it. */
  readonly header: StreamHeader;
  /** Names of the header's columns. */
  readonly properties: ReadonlySet<string>;
  /** Where its records go; undefined if the destination leaves the stream out. */
  part: OpenPart | undefined;
  /** The fast lane, for lines as they come; undefined if there is none. */
  readonly encodeLines: EncodeLines | undefined;
  /** True if ACTIVATE_VERSION is acted on, so that the versions of its rows must be known. */
  readonly watchesVersions: boolean;
  readonly life: StreamLife;
}

/** What is known of a stream during the whole run, whatever its SCHEMAs say. */
export class StreamLife {
  readonly versions = new Versions();
  /** From the first change on, changes are noted under every later schema, too. */
  notesChanges = false;
  /** How often the stream was opened anew for the record at hand. */
  reopened = 0;
  /** Fields of its records that the schema does not name and that were told; not more than a log can bear. */
  readonly unnamed = new Set<string>();
  quarantined = 0;
  /** Records with a value made null by the core. */
  nulled = 0;
  /** Records, if the destination leaves the stream out. */
  leftOut = 0;
  /** Files of BATCH messages whose records are left out and could not be counted. */
  uncountedFiles = 0;
  /** Files of BATCH messages that were read to their end. */
  batchFiles = 0;

  /** Facts for the summary line of the stream: only what happened. */
  get facts(): Record<string, Json> {
    const { quarantined, nulled, leftOut, uncountedFiles, batchFiles, versions } = this;
    const all = {
      quarantined,
      nulled,
      left_out: leftOut,
      left_out_files: uncountedFiles,
      batch_files: batchFiles,
      activated_version: versions.active ?? 0,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
  }
}

/** The fast lane of a stream: its encoder's, behind what makes its lines flat if they must be. */
export function encodeLinesOf({ flattened, config }: Announcement, encoder: Encoder | undefined): EncodeLines | undefined {
  if (encoder?.encodeLines === undefined) return undefined;
  const encode: EncodeLines = (chunk, start, end, out) => encoder.encodeLines!(chunk, start, end, out);
  if (flattened === undefined) return encode;
  const flat = flattened.lines(config.validate_records);
  return flat && ((chunk, start, end, out) => flat.encodeLines(encode, chunk, start, end, out));
}
