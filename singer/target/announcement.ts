import type { Config } from '../settings.ts';
import { flattenOptions } from './flatten-settings.ts';
import { flattenHeader, type Flattened } from './flatten.ts';
import { canonicalText, stripExact } from '../json-text.ts';
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '../json.ts';
import type { targetSettings } from './load-settings.ts';
import { streamOf, type Message } from './message.ts';
import { faultAt, type Place } from './place.ts';
import type { StreamHeader } from './destination.ts';
import { columnsOf, resolveSchema } from './schema.ts';
import type { Validate } from './validate.ts';

export type CoreConfig = Config<typeof targetSettings>;

/** Compiles a schema's check. */
export type Compile = (schema: JsonSchema, stream: string) => Validate;

/** What a SCHEMA message said of its stream. */
export interface Announcement {
  /** The stream as it was announced: records are checked by this. */
  readonly header: StreamHeader;
  /** What makes its records flat; undefined if they go to the destination as they are. */
  readonly flattened: Flattened | undefined;
  /** Undefined when records are not validated. */
  readonly validate: Validate | undefined;
  /** The target's config with what `stream_options` says of the stream. */
  readonly config: CoreConfig;
  /** The line as it came and in canonical form, to know an equal one again. */
  readonly line: Buffer;
  readonly canonical: string;
}

export interface AnnouncementOptions {
  readonly place: Place;
  readonly compile: Compile;
  readonly configOf: (stream: string) => CoreConfig;
  /** What the stream was announced as until now. */
  readonly known: (stream: string) => Announcement | undefined;
}

/**
 * Reads a SCHEMA message; undefined if it says what the last one of its stream said. Throws InputError for one without a schema
 * or properties, and for keys that are no names or not among them.
 */
export function announcementOf(message: Message, line: Buffer, options: AnnouncementOptions): Announcement | undefined {
  const { place, compile, configOf, known } = options;
  const stream = streamOf(message, 'SCHEMA', place);
  const before = known(stream);
  if (before?.line.equals(line)) return undefined;
  const canonical = canonicalText(message);
  if (before?.canonical === canonical) return undefined;
  const config = configOf(stream);
  const flatten = flattenOptions(config);
  const { schema, properties } = schemaOf(message, stream, place);
  const keys = keysOf(message, stream, place);
  const announced = { stream, schema, columns: columnsOf(schema), keys, notesChanges: false };
  const flattened = flatten === undefined ? undefined : flattenHeader(announced, flatten);
  const flat = new Set(flattened?.header.columns.map((column) => column.name));
  const unknown = [...keys, ...names(message['bookmark_properties'])].filter(
    (property) => !Object.hasOwn(properties, property) && !flat.has(property),
  );
  if (unknown.length > 0) {
    throw faultAt(place, {
      what: 'SCHEMA names key or bookmark properties that its schema lacks',
      code: 'schema-unknown-property',
      facts: { stream, properties: unknown },
    });
  }
  return {
    header: announced,
    flattened,
    validate: config.validate_records ? compile(stripExact(schema as JsonObject) as JsonObject, stream) : undefined,
    config,
    line: Buffer.from(line),
    canonical,
  };
}

function schemaOf(message: Message, stream: string, place: Place): { schema: JsonSchema; properties: JsonObject } {
  const given = message['schema'];
  if (!isJsonObject(given)) {
    throw faultAt(place, { what: 'SCHEMA has no schema', code: 'schema-missing', facts: { stream } });
  }
  const schema = resolveSchema(given);
  const properties = schema?.['properties'];
  if (schema !== undefined && isJsonObject(properties)) return { schema, properties };
  throw faultAt(place, {
    what: 'SCHEMA has no properties',
    code: 'schema-without-properties',
    facts: { stream },
    hint: 'A stream needs an object schema with properties.',
  });
}

/** The names of the key properties, each once. A list that is none would make a stream of rows without a key, silently. */
function keysOf(message: Message, stream: string, place: Place): string[] {
  const given = message['key_properties'] ?? [];
  const listed = Array.isArray(given) ? given : [given];
  const keys = new Set(names(listed));
  if (listed.every((name) => typeof name === 'string')) return [...keys];
  throw faultAt(place, {
    what: 'SCHEMA has key_properties that are no list of names',
    code: 'schema-malformed-keys',
    facts: { stream },
    hint: 'A stream without a key has an empty list.',
  });
}

/** Property names of a message's list; a bare string is one name, anything else none. */
function names(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}
