import { stringifyExact } from '../json-text.ts';
import type { JsonObject, JsonSchema } from '../json.ts';

/** A SCHEMA message, one line. `bookmark_properties` is there only when a replication key is in use. */
export function schemaLine(o: {
  readonly stream: string;
  readonly schema: JsonSchema;
  readonly keys: readonly string[];
  readonly replicationKey: string | undefined;
}): string {
  const message = {
    type: 'SCHEMA',
    stream: o.stream,
    schema: o.schema as JsonObject,
    key_properties: o.keys,
    bookmark_properties: o.replicationKey === undefined ? undefined : [o.replicationKey],
  };
  return `${stringifyExact(message)}\n`;
}

/** A STATE message around a value that is already compact JSON text, one line. */
export function stateLine(value: string): string {
  return `{"type":"STATE","value":${value}}\n`;
}

/** An ACTIVATE_VERSION message, one line: from now on only rows of this version count. */
export function activateVersionLine(stream: string, version: number): string {
  return `{"type":"ACTIVATE_VERSION","stream":${JSON.stringify(stream)},"version":${version}}\n`;
}

/** What stands before a record's `{` in its message. Constant per stream. */
export function recordHead(stream: string): string {
  return `{"type":"RECORD","stream":${JSON.stringify(stream)},"record":`;
}

/** What stands after a record's `}`, the newline included. */
export function recordTail(extractedAt: Date, version: number | undefined): string {
  return `${version === undefined ? '' : `,"version":${version}`},"time_extracted":"${rfc3339(extractedAt)}"}\n`;
}

/** A BATCH message of the SDK's dialect that names one closed file of bare records, one line. */
export function batchLine(o: {
  readonly stream: string;
  readonly compression: 'none' | 'gzip';
  readonly url: string;
  readonly version: number | undefined;
  readonly extractedAt: Date;
}): string {
  const message = {
    type: 'BATCH',
    stream: o.stream,
    encoding: { format: 'jsonl', compression: o.compression },
    manifest: [o.url],
    version: o.version,
    time_extracted: rfc3339(o.extractedAt),
  };
  return `${JSON.stringify(message)}\n`;
}

/** RFC 3339 in UTC with six fraction digits and `Z`, as singer-python writes times. Never rounds up. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}
