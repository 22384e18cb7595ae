import { isDeepStrictEqual } from 'node:util';
import { breadcrumbKey, choiceOf, type MetadataMap, type Selection, selectProperties } from './selection.ts';
import { catalogStream, discover, refuseTwice, validReplicationKeys } from './catalog.ts';
import { coercion } from './coerce.ts';
import { ConfigError, type Problem } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonSchema } from '../json.ts';
import type { Log } from '../log.ts';
import type { ReplicationMethod, Stream } from './source.ts';
import { nearest } from '../shell/nearest.ts';
import type { RowColumn } from './rows.ts';
import { propertiesOf } from './schema-tree.ts';
import { settleSchema } from './settle-schema.ts';

/** One selected stream and how it is read. */
export interface StreamPlan {
  readonly stream: Stream;
  /** The stream's name in messages. */
  readonly name: string;
  /** As announced: selected properties only, the catalog's overrides applied. */
  readonly schema: JsonSchema;
  readonly columns: readonly RowColumn[];
  /** Top-level properties of the source that are not emitted. */
  readonly deselected: ReadonlySet<string>;
  /** False when rows must pass the general lane: something is cut out below the top level, or a value coerced. */
  readonly whole: boolean;
  readonly keys: readonly string[];
  readonly method: ReplicationMethod;
  readonly replicationKey: string | undefined;
  /** The replication key, if records have it. */
  readonly bookmarkProperty: string | undefined;
}

/**
 * The selected streams, in the catalog's order. Without a catalog: what discovery selects by default.
 * Throws ConfigError with everything that is wrong at once: streams and properties the source does not have, methods and
 * replication keys it does not allow.
 */
export function planSync(streams: readonly Stream[], catalog: unknown, log: Log): StreamPlan[] {
  refuseTwice(streams);
  const problems: Problem[] = [];
  const entries = catalogEntries(catalog === undefined ? discover(streams) : catalog, problems);
  const sources = new Map(streams.map((stream) => [stream.id, stream]));
  const plans: StreamPlan[] = [];
  for (const entry of selectedEntries(entries, log)) {
    const stream = sources.get(entry.id) ?? formerly(entry.id, streams, entries);
    if (stream === undefined) {
      problems.push({
        path: entry.id,
        message: `the source has no stream of this name (${nearbyIn([...sources.keys()], entry.id)})`,
      });
      continue;
    }
    const report = (message: string): void => void problems.push({ path: entry.id, message });
    plans.push(planStream(stream, metadataMap(catalogStream(stream).metadata), entry, report, log));
  }
  if (problems.length > 0) {
    throw new ConfigError(problems, { code: 'catalog', hint: 'Correct the catalog, or discover anew and select again.' });
  }
  return plans;
}

/** The stream that another tap calls so, if the catalog does not name it by its own id as well. */
function formerly(id: string, streams: readonly Stream[], entries: readonly Entry[]): Stream | undefined {
  const stream = streams.find(({ formerIds }) => formerIds?.includes(id));
  return stream === undefined || entries.some((entry) => entry.id === stream.id) ? undefined : stream;
}

/** Names in a message, as many as one can read. */
const READABLE = 20;

function nearbyIn(names: readonly string[], name: string): string {
  if (names.length <= READABLE) return `it has ${listed(names)}`;
  const meant = nearest(name, names);
  return `it has ${names.length}${meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`}`;
}

interface Entry {
  readonly id: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly schema: JsonSchema | undefined;
  readonly metadata: MetadataMap;
}

function catalogEntries(catalog: unknown, problems: Problem[]): Entry[] {
  const streams = isJsonObject(catalog) ? catalog['streams'] : undefined;
  if (!Array.isArray(streams)) {
    problems.push({ path: 'streams', message: 'the catalog must be an object with a list of streams' });
    return [];
  }
  const entries = new Map<string, Entry>();
  for (const [index, value] of streams.entries()) {
    const id: unknown = isJsonObject(value) ? (value['tap_stream_id'] ?? value['stream']) : undefined;
    const path = `streams[${index}]`;
    if (!isJsonObject(value) || typeof id !== 'string') problems.push({ path, message: 'needs a tap_stream_id' });
    else if (entries.has(id)) problems.push({ path, message: `lists ${JSON.stringify(id)} again` });
    else entries.set(id, { id, value, schema: propertied(value['schema']), metadata: metadataMap(value['metadata']) });
  }
  return [...entries.values()];
}

/** A schema that says something; handwritten catalogs leave it out. */
function propertied(schema: unknown): JsonSchema | undefined {
  return isJsonObject(schema) && isJsonObject(schema['properties']) ? schema : undefined;
}

function metadataMap(entries: unknown): MetadataMap {
  const map = new Map<string, JsonObject>();
  for (const entry of Array.isArray(entries) ? entries : []) {
    const { breadcrumb, metadata } = isJsonObject(entry) ? entry : {};
    if (Array.isArray(breadcrumb) && isJsonObject(metadata)) map.set(breadcrumbKey(breadcrumb), metadata);
  }
  return map;
}

/**
 * A stream is selected by `selected`, or else by `selected-by-default`. Where some stream is selected by name, the ones nobody
 * spoke of are left out: who edits a catalog by hand marks what is wanted. An entry without any metadata is selected.
 */
function selectedEntries(entries: readonly Entry[], log: Log): Entry[] {
  const choices = entries.map((entry) => {
    const choice = choiceOf(entry.metadata, entry.schema === undefined ? [] : [entry.schema], []);
    const legacy = entry.value['selected'];
    return { ...choice, selected: choice.selected ?? (typeof legacy === 'boolean' ? legacy : undefined) };
  });
  const byName = choices.some((choice) => choice.selected === true);
  const unspoken: string[] = [];
  const selected = entries.filter((entry, index) => {
    const choice = choices[index]!;
    if (choice.inclusion === 'unsupported') return false;
    if (choice.selected !== undefined) return choice.selected;
    const byDefault = choice.selectedByDefault ?? entry.metadata.size === 0;
    if (byDefault && byName) unspoken.push(entry.id);
    return byDefault && !byName;
  });
  if (unspoken.length > 0)
    log.warn('Streams without a selection are left out because others are selected', { streams: unspoken });
  return selected;
}

type Report = (message: string) => void;

function planStream(stream: Stream, own: MetadataMap, entry: Entry, report: Report, log: Log): StreamPlan {
  const listedSchema = entry.schema ?? stream.schema;
  const source = propertiesOf(stream.given?.(listedSchema) ?? stream.schema);
  const root = entry.metadata.get(breadcrumbKey([])) ?? {};
  const newKeys = newKeysOf(stream, entry, root);
  if (newKeys !== undefined) {
    if (stream.onSchemaChange === 'fail')
      report(`its key was changed after the catalog was discovered: it is ${listed(newKeys)} now`);
    else
      log.warn(
        `The key was changed after the catalog was discovered: ${stream.onSchemaChange === 'evolve' ? 'the new one counts' : 'the old one counts'}`,
        { stream: stream.id, keys: newKeys },
      );
  }
  const keys = (stream.onSchemaChange === 'evolve' ? newKeys : undefined) ?? keysOf(stream, entry, root);
  const method = methodOf(stream, entry, root, report, log);
  const replicationKey = method === 'INCREMENTAL' ? replicationKeyOf(stream, entry, root, report) : undefined;
  const isVirtual = replicationKey !== undefined && stream.virtualReplicationKeys?.includes(replicationKey) === true;
  const bookmarkProperty = isVirtual ? undefined : replicationKey;
  const inUse = [...keys, ...(bookmarkProperty === undefined ? [] : [bookmarkProperty])];
  const metadata = withInclusion(own, entry.metadata);
  const select = (schema: JsonSchema): Selection => selectProperties(schema, metadata, new Set(inUse));
  const { schema, selection } = settleSchema({
    stream,
    own,
    source,
    schema: listedSchema,
    metadata: entry.metadata,
    select,
    report,
    log,
  });
  for (const note of selection.notes) log.info('The selection was read in this way', { stream: stream.id, note });
  const lost = inUse.filter((name) => !selection.columns.has(name));
  if (lost.length > 0)
    report(`keys that the source cannot give: ${listed(lost)} (it has ${listed([...selection.columns.keys()])})`);
  const announced = propertiesOf(schema);
  const columns = [...selection.columns].map(([name, cut]) => ({
    name,
    cut,
    coerce: coercion(source.get(name)!, announced.get(name)!),
  }));
  return {
    stream,
    name: stream.name ?? stream.id,
    schema: selection.schema,
    columns,
    deselected: new Set([...source.keys()].filter((name) => !selection.columns.has(name))),
    whole: columns.every((column) => column.cut === undefined && column.coerce === undefined),
    keys,
    method,
    replicationKey,
    bookmarkProperty,
  };
}

/** The catalog's metadata, where the source's word on what cannot or must be read still counts. */
function withInclusion(own: MetadataMap, chosen: MetadataMap): MetadataMap {
  const merged = new Map(chosen);
  for (const [breadcrumb, { inclusion }] of own) {
    if (inclusion === undefined || inclusion === 'available') continue;
    const entry = merged.get(breadcrumb);
    if (entry?.['inclusion'] !== 'unsupported') merged.set(breadcrumb, { ...entry, inclusion });
  }
  return merged;
}

/** Keys by precedence: the user's metadata, the entry, the source. */
function keysOf(stream: Stream, entry: Entry, root: JsonObject): readonly string[] {
  const said = [root['view-key-properties'], root['key-properties'], entry.value['key_properties'], root['table-key-properties']];
  return said.map(names).find((keys) => keys !== undefined) ?? stream.keys;
}

/** The keys of the source, if they are others than it had when the catalog was discovered. Who puts others in a catalog does so in one place of the two. */
function newKeysOf(stream: Stream, entry: Entry, root: JsonObject): readonly string[] | undefined {
  const discovered = names(entry.value['key_properties']);
  if (stream.onSchemaChange === undefined || discovered === undefined || stream.keys.length === 0) return undefined;
  if (!isDeepStrictEqual(discovered, keysOf(stream, entry, root))) return undefined;
  if (!isDeepStrictEqual(discovered, names(root['table-key-properties']))) return undefined;
  return isDeepStrictEqual(discovered, stream.keys) ? undefined : stream.keys;
}

/** Forced, then metadata, then the entry, then the tap's default. */
function methodOf(stream: Stream, entry: Entry, root: JsonObject, report: Report, log: Log): ReplicationMethod {
  const chosen = virtualKeyOf(stream, entry, root) === undefined ? chosenMethod(entry, root) : 'INCREMENTAL';
  const method = forcedMethod(stream, root) ?? chosen?.toUpperCase() ?? stream.methods[0]!;
  const allowed = stream.methods.find((one) => one === method);
  if (allowed === undefined) report(`replication method ${JSON.stringify(method)} is not one of ${listed(stream.methods)}`);
  else if (chosen !== undefined && chosen.toUpperCase() !== allowed) {
    log.warn('The replication method cannot be chosen for this stream', { stream: stream.id, method: allowed });
  }
  return allowed ?? stream.methods[0]!;
}

function chosenMethod(entry: Entry, root: JsonObject): string | undefined {
  return text(root['replication-method']) ?? text(entry.value['replication_method']);
}

/** The virtual replication key that stands in place of a method. */
function virtualKeyOf(stream: Stream, entry: Entry, root: JsonObject): string | undefined {
  const chosen = chosenMethod(entry, root)?.toUpperCase();
  return stream.virtualReplicationKeys?.find((key) => key.toUpperCase() === chosen);
}

function forcedMethod(stream: Stream, root: JsonObject): string | undefined {
  if (stream.methods.length === 1) return stream.methods[0];
  const forced = root['forced-replication-method'];
  const name = text(forced) ?? (isJsonObject(forced) ? text(forced['replication-method']) : undefined);
  // A catalog of another time or tap may force what this source no longer does; then the rest of the precedence counts.
  return stream.methods.find((method) => method === name?.toUpperCase());
}

function replicationKeyOf(stream: Stream, entry: Entry, root: JsonObject, report: Report): string | undefined {
  const allowed = validReplicationKeys(stream);
  const key =
    virtualKeyOf(stream, entry, root) ??
    text(root['replication-key']) ??
    text(entry.value['replication_key']) ??
    stream.replicationKey;
  if (key !== undefined && !allowed.includes(key)) {
    const choice = allowed.length === 0 ? 'this stream takes none' : `use one of ${listed(allowed)}`;
    report(`replication key ${JSON.stringify(key)} is not allowed: ${choice}`);
    return undefined;
  }
  if (key === undefined && allowed.length > 0) report(`INCREMENTAL needs a replication-key, one of ${listed(allowed)}`);
  return key;
}

function names(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => JSON.stringify(name)).join(', ');
}
