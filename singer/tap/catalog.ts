import { ConfigError } from '../errors.ts';
import { stringifyExact } from '../json-text.ts';
import { ExactNumber, type Json, type JsonObject, type JsonSchema } from '../json.ts';
import type { Stream } from './source.ts';
import { PROPERTY_COUNT } from './schema-change.ts';
import { childrenOf } from './schema-tree.ts';

/** What discovery prints (Singer DISCOVERY_MODE). */
export interface Catalog {
  readonly streams: readonly CatalogStream[];
}

export interface CatalogStream {
  readonly tap_stream_id: string;
  readonly stream: string;
  readonly schema: JsonSchema;
  readonly key_properties: readonly string[];
  readonly metadata: readonly MetadataEntry[];
}

export interface MetadataEntry {
  /** `[]` = the stream; `['properties', 'a', 'items', 'properties', 'b']` = a property inside an array's objects. */
  readonly breadcrumb: readonly string[];
  readonly metadata: JsonObject;
}

/** The catalog of these streams, in their order. Throws ConfigError naming every stream id that occurs twice. */
export function discover(streams: readonly Stream[]): Catalog {
  refuseTwice(streams);
  return { streams: streams.map(catalogStream) };
}

/** Throws ConfigError naming every stream id that occurs twice. */
export function refuseTwice(streams: readonly Stream[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id } of streams) (seen.has(id) ? twice : seen).add(id);
  if (twice.size > 0) {
    throw new ConfigError(
      [...twice].map((id) => ({ path: '', message: `two streams are called ${JSON.stringify(id)}` })),
      { code: 'stream-twice', hint: 'Give each stream a name of its own.' },
    );
  }
}

/** A stream's entry of the catalog. */
export function catalogStream(stream: Stream): CatalogStream {
  return {
    tap_stream_id: stream.id,
    stream: stream.name ?? stream.id,
    schema: stream.schema,
    key_properties: stream.keys,
    metadata: [{ breadcrumb: [], metadata: rootMetadata(stream) }, ...propertyEntries(stream)],
  };
}

function rootMetadata(stream: Stream): JsonObject {
  const replicationKeys = validReplicationKeys(stream);
  return {
    inclusion: 'available',
    'selected-by-default': true,
    'table-key-properties': stream.keys,
    ...(replicationKeys.length > 0 && { 'valid-replication-keys': replicationKeys }),
    ...(stream.methods.length === 1 && { 'forced-replication-method': stream.methods[0]! }),
    ...(stream.onSchemaChange !== undefined && { [PROPERTY_COUNT]: childrenOf([stream.schema]).properties.size }),
    ...stream.metadata,
  };
}

/** The replication keys a user may choose from; empty when the stream resumes by other means or not at all. */
export function validReplicationKeys(stream: Stream): readonly string[] {
  const properties = stream.validReplicationKeys ?? (stream.replicationKey === undefined ? [] : [stream.replicationKey]);
  return [...properties, ...(stream.virtualReplicationKeys ?? [])];
}

// Meltano marks a property without an entry of its own as automatic, which nobody can deselect: so every depth gets one.
function propertyEntries(stream: Stream): MetadataEntry[] {
  const automatic = new Set(stream.keys);
  const replicationKeys = validReplicationKeys(stream);
  if (stream.methods.length === 1 && stream.methods[0] === 'INCREMENTAL' && replicationKeys.length === 1) {
    automatic.add(replicationKeys[0]!);
  }
  const entries: MetadataEntry[] = [];
  const visit = (schemas: readonly JsonSchema[], breadcrumb: readonly string[]): void => {
    const { properties, items } = childrenOf(schemas);
    for (const [name, schemas] of properties) {
      const path = [...breadcrumb, 'properties', name];
      const top = breadcrumb.length === 0;
      const inclusion = top && automatic.has(name) ? 'automatic' : 'available';
      const more = top && stream.propertyMetadata !== undefined && Object.hasOwn(stream.propertyMetadata, name);
      entries.push({ breadcrumb: path, metadata: { inclusion, ...(more && stream.propertyMetadata[name]) } });
      visit(schemas, path);
    }
    if (items.length > 0) visit(items, [...breadcrumb, 'items']);
  };
  visit([stream.schema], []);
  return entries;
}

/** Longest value that stays on one line; far below the 64 KiB per line that Meltano reads. */
const LINE_CHARACTERS = 160;
const ENTRY_INDENT = '    ';

/**
 * The catalog as text, in pieces: what is short stands on one line, the rest is broken up. A stream's entry is made when its piece is asked
 * for, so that a database of thousands of tables never stands in memory as a whole. Throws as `discover` does, before the first piece.
 */
export function* catalogText(streams: readonly Stream[]): Iterable<string> {
  refuseTwice(streams);
  let between = '{\n  "streams": [';
  for (const stream of streams) {
    const entry = catalogStream(stream);
    const plain = { ...entry, schema: entry.schema as JsonObject, metadata: entry.metadata.map((one) => ({ ...one })) };
    yield `${between}\n${ENTRY_INDENT}${layOut(plain, ENTRY_INDENT)}`;
    between = ',';
  }
  yield streams.length === 0 ? '{"streams": []}\n' : '\n  ]\n}\n';
}

function layOut(value: Json, indent: string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return stringifyExact(value);
  const inner = `${indent}  `;
  const [open, close] = isList(value) ? '[]' : '{}';
  const parts = isList(value) ? value.map((item) => layOut(item, inner)) : members(value, inner);
  let characters = 2;
  for (const part of parts) characters += part.length + 2;
  // A part that is broken up is too long for a line, too.
  if (characters <= LINE_CHARACTERS) return `${open}${parts.join(', ')}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

function members(value: JsonObject, indent: string): string[] {
  const members: string[] = [];
  for (const name in value) {
    const member = value[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}: ${layOut(member, indent)}`);
  }
  return members;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
