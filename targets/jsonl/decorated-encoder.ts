import {
  type ByteBlocks,
  type Change,
  createRecordScanner,
  type Encoder,
  Kind,
  type RecordMeta,
  type RecordScanner,
  type Row,
  type StreamHeader,
  stringifyExact,
  type TargetRun,
} from '../../singer/index.ts';
import { changesIn } from './changes.ts';
import { CHANGES, METADATA, metadataMembers, metadataTexts } from './metadata.ts';
import { FRAME_BYTES, writeFrame } from './partition-frames.ts';
import { createPartitionFinder, type PartitionTable } from './partition-finder.ts';

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NULL = Buffer.from('null');
/** Longest version that is copied as it is: any of 15 digits is printed by JavaScript as it came. */
const VERSION_DIGITS = 15;

export interface Decoration {
  /** The run whose clock the `_sdc_` members show; undefined if they are not asked for. */
  readonly metadata: Pick<TargetRun, 'clock' | 'startedAt'> | undefined;
  /** Says into which partition a row goes; undefined if the stream has none. */
  readonly partitions: PartitionTable | undefined;
  /** Hears what was changed in a record. */
  readonly onChanges: (changes: readonly Change[]) => void;
}

/**
 * As `createEncoder`, with members added behind those of the record, or with a frame before each row that names its
 * partition, or both. The record's own bytes are kept; only one that has members of ours already is written anew.
 */
export function createDecoratedEncoder(header: StreamHeader, { metadata, partitions, onChanges }: Decoration): Encoder {
  const watched = metadata === undefined ? [] : [...METADATA, CHANGES];
  const scanner = createRecordScanner(header, { validated: true, watched });
  const frame = partitions === undefined ? 0 : FRAME_BYTES;

  function encode(record: Row, meta: RecordMeta, out: ByteBlocks): void {
    const bytes = recordBytes(meta);
    const changes = changesIn(record, meta, bytes);
    const members = [...(metadata ? [metadataMembers(record, meta, metadata)] : []), ...changesMember(changes)];
    const row = members.length === 0 ? bytes : withMembers(record, meta, members);
    onChanges(changes);
    out.reserve(frame + row.length + 1);
    if (partitions) writeFrame(out, partitions.ofRecord(record), row.length + 1);
    out.used += row.copy(out.bytes, out.used);
    out.bytes[out.used++] = NEWLINE;
    out.rows++;
    scanner?.acceptUnknown();
  }

  return {
    keepsUnnamed: true,
    encode,
    ...(scanner && { encodeLines: linesEncoder(header, scanner, { metadata, partitions }, watched) }),
  };
}

/** Bytes of a record with more members behind its own. */
export function withMembers(record: Row, meta: RecordMeta, members: readonly string[]): Buffer {
  const text = members.join(',');
  const clashes = [...METADATA, CHANGES].filter((name) => Object.hasOwn(record, name) && text.includes(`"${name}":`));
  const own = clashes.length === 0 ? meta : rewritten(record, clashes);
  const bytes = recordBytes(own);
  const comma = isEmpty(bytes, 0, bytes.length) ? '' : ',';
  return Buffer.concat([bytes.subarray(0, -1), Buffer.from(`${comma}${text}}`)]);
}

/** The record's own `{…}`. Its place is asked for first, because that may give a new line. */
export function recordBytes(meta: Pick<RecordMeta, 'line' | 'recordStart' | 'recordEnd'>): Buffer {
  const { recordStart, recordEnd } = meta;
  return meta.line.subarray(recordStart, recordEnd);
}

/** The member that keeps what was changed in a record; none if nothing was. */
export function changesMember(changes: readonly Change[]): readonly string[] {
  return changes.length === 0 ? [] : [`"${CHANGES}":${JSON.stringify(changes)}`];
}

function rewritten(record: Row, without: readonly string[]): Pick<RecordMeta, 'line' | 'recordStart' | 'recordEnd'> {
  const line = Buffer.from(
    stringifyExact(Object.fromEntries(Object.entries(record).filter(([name]) => !without.includes(name)))),
  );
  return { line, recordStart: 0, recordEnd: line.length };
}

/** True for `{}`, also with space in it. */
function isEmpty(bytes: Buffer, start: number, end: number): boolean {
  let last = end - 2;
  while (bytes[last] === 0x20 || bytes[last] === 0x09 || bytes[last] === 0x0d) last--;
  return last === start && bytes[start] === OPEN_BRACE;
}

function linesEncoder(
  header: StreamHeader,
  scanner: RecordScanner,
  { metadata, partitions }: Omit<Decoration, 'onChanges'>,
  watched: readonly string[],
): NonNullable<Encoder['encodeLines']> {
  const { kinds, starts, ends, timeExtractedSlot, versionSlot } = scanner;
  /** Where members of our names would stand: a record that has one is for the general lane. */
  const ours = watched.map((name) => scanner.slotOf(name));
  const texts = metadata && metadataTexts(metadata);
  const partitionOf = partitions && createPartitionFinder(header, scanner, partitions);

  const isForeign = (slot: number): boolean => kinds[slot] !== Kind.absent;
  const isOdd = (): boolean =>
    (kinds[timeExtractedSlot] !== Kind.absent && kinds[timeExtractedSlot] !== Kind.string) ||
    (kinds[versionSlot] !== Kind.absent &&
      (kinds[versionSlot] !== Kind.integer || ends[versionSlot]! - starts[versionSlot]! > VERSION_DIGITS));

  return (chunk, start, end, out) => {
    const { beforeExtracted, beforeVersion, rest } = texts?.() ?? NO_TEXTS;
    const fixed = texts === undefined ? 0 : beforeExtracted.length + beforeVersion.length + rest.length + 1;
    let at = start;
    while (at < end && scanner.scan(chunk, at, end)) {
      if (texts !== undefined && (ours.some(isForeign) || isOdd())) break;
      const partition = partitionOf?.(chunk);
      if (partition !== undefined && partition < 0) break;
      const { recordStart, recordEnd } = scanner;
      const extracted = texts === undefined ? 0 : lengthOf(timeExtractedSlot);
      const version = texts === undefined ? 0 : lengthOf(versionSlot);
      const comma = texts === undefined || isEmpty(chunk, recordStart, recordEnd) ? 0 : 1;
      const length = recordEnd - recordStart + fixed - (texts === undefined ? 0 : 1) + extracted + version + comma + 1;
      out.reserve(FRAME_BYTES + length);
      if (partition !== undefined) writeFrame(out, partition, length);
      const { bytes } = out;
      let to = out.used;
      if (texts === undefined) to += chunk.copy(bytes, to, recordStart, recordEnd);
      else {
        to += chunk.copy(bytes, to, recordStart, recordEnd - 1);
        if (comma === 1) bytes[to++] = COMMA;
        to += beforeExtracted.copy(bytes, to);
        to += copyValue(chunk, timeExtractedSlot, bytes, to);
        to += beforeVersion.copy(bytes, to);
        to += copyValue(chunk, versionSlot, bytes, to);
        to += rest.copy(bytes, to);
        bytes[to++] = CLOSE_BRACE;
      }
      bytes[to++] = NEWLINE;
      out.used = to;
      out.rows++;
      at = scanner.lineEnd;
    }
    return at;
  };

  function lengthOf(slot: number): number {
    return kinds[slot] === Kind.absent ? NULL.length : ends[slot]! - starts[slot]!;
  }

  function copyValue(chunk: Buffer, slot: number, into: Buffer, to: number): number {
    return kinds[slot] === Kind.absent ? NULL.copy(into, to) : chunk.copy(into, to, starts[slot], ends[slot]);
  }
}

const NO_BYTES = Buffer.alloc(0);
const NO_TEXTS = { beforeExtracted: NO_BYTES, beforeVersion: NO_BYTES, rest: NO_BYTES };
