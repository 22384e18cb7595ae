import { createHash } from 'node:crypto';
import type { FieldResource, TableResource } from '../../../clients/bigquery/resources.ts';
import { typeName, TYPES, type ColumnType, type Member, type PlainType } from '../types/types.ts';

/** The label by which a table of ours is known; its value says whose it is. */
export const STREAM_LABEL = 'tapline_stream';

/** The label that tells by which key a table's rows are upserted. */
export const KEY_LABEL = 'tapline_key';

export interface ExistingColumn {
  readonly name: string;
  /** Undefined: none that this target writes (GEOGRAPHY, INTERVAL). */
  readonly type: ColumnType | undefined;
  readonly required: boolean;
}

/** A table that is there. */
export interface ExistingTable {
  readonly etag: string | undefined;
  /** By name in lower case, as BigQuery compares them. */
  readonly columns: ReadonlyMap<string, ExistingColumn>;
  /** As the API gives them: a patch must send all of them back. */
  readonly fields: readonly FieldResource[];
  /** Mark of the stream that the table was made for; undefined for a table that is not ours. */
  readonly streamMark: string | undefined;
  /** False for views and the like. */
  readonly isTable: boolean;
  readonly creationTime: string | undefined;
  /** Column by whose values rows are in partitions. */
  readonly partitionedBy: string | undefined;
  /** True if no row was in it when it was looked at. */
  readonly isEmpty: boolean;
  /** The key that rows are kept one of, as `keyMark` writes it; undefined: none was noted. */
  readonly keyMark: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export function existingTable(resource: TableResource): ExistingTable {
  const { etag, schema, labels = {}, type } = resource;
  const fields = schema?.fields ?? [];
  return {
    etag,
    columns: new Map(fields.map((field) => [field.name.toLowerCase(), existingColumn(field)])),
    fields,
    streamMark: labels[STREAM_LABEL],
    isTable: type === undefined || type === 'TABLE',
    creationTime: resource.creationTime,
    partitionedBy: resource.timePartitioning?.field ?? resource.rangePartitioning?.field,
    isEmpty: resource.numRows === '0',
    keyMark: labels[KEY_LABEL],
    labels,
  };
}

function existingColumn(field: FieldResource): ExistingColumn {
  return { name: field.name, type: typeOf(field), required: field.mode === 'REQUIRED' };
}

/** Undefined: a type that this target does not write, or one with such a member. */
function typeOf({ fields = [], mode, precision, scale, type }: FieldResource): ColumnType | undefined {
  const known = typeName(type);
  const repeated = mode === 'REPEATED' ? { repeated: true as const } : {};
  if (known !== 'STRUCT') {
    const size = precision === undefined ? {} : { precision: Number(precision), scale: Number(scale ?? 0) };
    return OURS.has(known) ? { type: known as PlainType, ...size, ...repeated } : undefined;
  }
  const members = fields.map((field) => ({ name: field.name, type: typeOf(field) }));
  return members.every(isOurs) ? { type: 'STRUCT', members, ...repeated } : undefined;
}

function isOurs(member: { readonly name: string; readonly type: ColumnType | undefined }): member is Member {
  return member.type !== undefined;
}

const OURS: ReadonlySet<string> = new Set(TYPES);

/** A label's value for a stream: labels hold few characters, so that it is a hash. */
export function streamMark(stream: string): string {
  return createHash('sha256').update(stream).digest('hex').slice(0, 32);
}

/** Longest value of a label. */
const MAX_LABEL = 63;

/** A label's value for a key: its columns in lower case, in the order of the alphabet, or a hash where they are too long. */
export function keyMark(keys: readonly string[]): string {
  const text = keys
    .map((key) => key.toLowerCase())
    .toSorted()
    .join('-');
  return text.length <= MAX_LABEL ? text : createHash('sha256').update(text).digest('hex').slice(0, 32);
}
