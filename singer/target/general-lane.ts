import { missingKey, placed, violationIn, withNull, type RecordCount } from './bad-records.ts';
import type { Checkpoint, OpenPart } from './checkpoint.ts';
import { RecordError } from '../errors.ts';
import type { JsonObject, Row } from '../json.ts';
import { LineMeta } from './line-meta.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import type { OpenStream } from './open-stream.ts';
import type { Place } from './place.ts';
import type { Change, StreamHeader } from './destination.ts';
import { addToQuarantine, quarantineRow } from './quarantine.ts';

export interface GeneralLaneOptions {
  readonly checkpoint: Checkpoint;
  readonly count: RecordCount;
  readonly meter: Meter;
  readonly log: Log;
  readonly place: Place;
  readonly runId: string;
}

/** A record on its way. */
export interface Arrival {
  readonly record: JsonObject;
  readonly message: JsonObject;
  readonly line: Buffer;
  /** In ms. */
  readonly now: number;
}

/** Names of left-out fields that are told for each stream: where records have names of their own, they never end. */
const MAX_UNNAMED = 100;

/** What came of a record. */
export type Outcome =
  | 'taken'
  /** It is bad and went where bad records go. */
  | 'isolated'
  /** A value must change and nothing notes that yet: to be handed in again when the stream is open with notes. */
  | 'needs-notes'
  /** It is bad, and where bad records go is not open: to be handed in again when it is. */
  | 'needs-quarantine';

/** Checks a record as a JavaScript value, makes of it what its destination takes, and decides what becomes of a bad one. */
export class GeneralLane {
  /** Where bad records go, once that is open. */
  quarantine: OpenPart | undefined;
  readonly #o: GeneralLaneOptions;

  constructor(options: GeneralLaneOptions) {
    this.#o = options;
  }

  /** Throws RecordError for a bad record of a stream whose policy is to fail, or when there were too many. */
  take(stream: OpenStream, part: OpenPart, arrival: Arrival): Outcome {
    const { on_bad_record: policy } = stream.announcement.config;
    const nulls: Change[] | undefined = policy === 'null_value' || policy === 'null' ? [] : undefined;
    try {
      if (this.#encode(stream, part, arrival, nulls) === 'changed') return 'needs-notes';
    } catch (fault) {
      if (!(fault instanceof RecordError)) throw fault;
      if (policy !== 'quarantine') throw placed(fault, this.#o.place);
      return this.#isolate(stream, arrival, fault);
    }
    const { count, meter } = this.#o;
    count.came(1);
    meter.records(stream.header.stream, 1, arrival.line.length);
    if (nulls !== undefined && nulls.length > 0) {
      this.#tellNulled(stream.header.stream, nulls);
      stream.life.nulled++;
      count.isBad();
    }
    return 'taken';
  }

  /** With `nulls`, bad values are made null and noted there. Throws RecordError for a bad record otherwise. */
  #encode(stream: OpenStream, part: OpenPart, arrival: Arrival, nulls: Change[] | undefined): 'changed' | void {
    const { announcement, header } = stream;
    const { flattened } = announcement;
    const { place, checkpoint } = this.#o;
    const { record, message, line, now } = arrival;
    if (flattened === undefined) orThrow(missingKey(record, header, place));
    let row: Row = record;
    for (let fault = violationIn(row, announcement, place); fault !== undefined; fault = violationIn(row, announcement, place)) {
      row = nulled(row, fault, announcement.header, nulls);
    }
    if (flattened !== undefined) {
      row = flattened.reshape(row);
      orThrow(missingKey(row, header, place));
    }
    const { keepsUnnamed } = part.encoder;
    if (keepsUnnamed !== true) this.#tellUnnamed(stream, row, keepsUnnamed);
    checkpoint.touch(part, now);
    for (;;) {
      const meta = new LineMeta(message, line, row === record ? undefined : { record: row, changes: nulls ?? [] });
      try {
        return part.encoder.encode(row, meta, part.blocks);
      } catch (fault) {
        if (!(fault instanceof RecordError)) throw fault;
        row = nulled(row, fault, header, nulls);
      }
    }
  }

  #tellUnnamed({ header, properties, life }: OpenStream, record: JsonObject, kept: ReadonlySet<string> | undefined): void {
    const { stream } = header;
    const { log } = this.#o;
    for (const property in record) {
      if (properties.has(property) || kept?.has(property) === true || life.unnamed.has(property)) continue;
      if (life.unnamed.size >= MAX_UNNAMED) {
        const message = 'More fields that the schema does not name are left out; these are no longer told one by one';
        return log.warnOnce(`unnamed ${stream}`, message, { stream });
      }
      life.unnamed.add(property);
      log.warn('A field that the schema does not name is left out', { stream, property });
    }
  }

  #tellNulled(stream: string, nulls: readonly Change[]): void {
    for (const { column: property, reason } of nulls) {
      this.#o.log.warnOnce(
        `nulled ${stream} ${property} ${reason}`,
        'Null is put in place of bad values; all of these are counted',
        {
          stream,
          property,
          reason,
        },
      );
    }
  }

  #isolate({ header, life }: OpenStream, { record, now }: Arrival, fault: RecordError): Outcome {
    const { checkpoint, count, meter, log, place, runId } = this.#o;
    const { quarantine } = this;
    if (quarantine === undefined) return 'needs-quarantine';
    const { stream } = header;
    const to = quarantine.header.stream;
    const row = quarantineRow(record, fault, { stream, place, runId, now });
    checkpoint.touch(quarantine, now);
    const before = quarantine.blocks.size;
    addToQuarantine(quarantine, row);
    meter.records(to, 1, quarantine.blocks.size - before);
    life.quarantined++;
    count.came(1);
    log.warnOnce(`quarantine ${stream} ${fault.code}`, 'Bad records go to the quarantine', {
      stream,
      code: fault.code,
      property: row['property'],
      quarantine: to,
    });
    count.isBad();
    return 'isolated';
  }
}

/** The record with null where `fault` says that it is bad. Throws the fault if that is not wanted or not allowed. */
function nulled(row: Row, fault: RecordError, header: StreamHeader, nulls: Change[] | undefined): Row {
  const changed = nulls === undefined ? undefined : withNull(row, fault, header, nulls);
  if (changed === undefined) throw fault;
  return changed;
}

function orThrow(fault: RecordError | undefined): void {
  if (fault !== undefined) throw fault;
}
