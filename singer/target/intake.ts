import type { Checkpoint, OpenPart } from './checkpoint.ts';
import { columnsOf, resolveReferences } from './schema.ts';
import { InputError, RecordError } from '../errors.ts';
import { compactText, memberRange } from '../json-bytes.ts';
import { canonicalText, parseExact, stringifyExact, stripExact } from '../json-text.ts';
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '../json.ts';
import { LineMeta } from './line-meta.ts';
import type { Lines } from './lines.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import type { Clock, Encoder, StreamHeader } from '../plugin.ts';
import type { Validate } from './validate.ts';

const NEWLINE = 0x0a;
/** Bytes of a line in which its stream's name is looked for. */
const HEAD_BYTES = 256;
const RECORD_HEAD = /^\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*"([^"\\]*)"/;

interface OpenStream {
  readonly header: StreamHeader;
  readonly part: OpenPart;
  readonly validate: Validate | undefined;
  readonly properties: ReadonlySet<string>;
  /** The SCHEMA line as it came and in canonical form, to know an equal one again. */
  readonly line: Buffer;
  readonly canonical: string;
}

/**
 * Reads message lines into a Checkpoint: the fast lane where the encoder takes raw lines, the general lane for all others.
 * Synchronous; stops at a SCHEMA that needs the destination, which the caller opens with `open` before going on.
 */
export class Intake {
  /** Lines read so far. */
  lines = 0;
  /** The newest STATE's value, parsed; undefined if none came. */
  lastState: Json | undefined;
  readonly #streams = new Map<string, OpenStream>();
  /** Streams by their name's bytes read as Latin-1, which is how the head of a line is looked at. */
  readonly #byHead = new Map<string, OpenStream>();
  readonly #o: IntakeOptions;
  #current: OpenStream | undefined;
  #pending: { header: StreamHeader; line: Buffer; canonical: string } | undefined;

  constructor(options: IntakeOptions) {
    this.#o = options;
  }

  /** The streams announced so far. */
  get streams(): IterableIterator<string> {
    return this.#streams.keys();
  }

  /**
   * Reads lines from `from` on. Gives the offset after the last line read: `lines.end`, or less when a SCHEMA must be opened
   * first (see `announced`). Throws InputError and RecordError; everything before the bad line is in the checkpoint.
   */
  read(lines: Lines, from: number, now: number): number {
    const { bytes, end } = lines;
    let at = from;
    while (at < end && this.#pending === undefined) {
      const taken = this.#fast(bytes, at, end, now);
      if (taken > at) {
        at = taken;
        continue;
      }
      const stop = bytes.indexOf(NEWLINE, at) + 1;
      this.lines++;
      this.#general(bytes.subarray(at, stop), now);
      at = stop;
    }
    return at;
  }

  /** The SCHEMA that waits to be opened. */
  get announced(): StreamHeader | undefined {
    return this.#pending?.header;
  }

  /** Goes on after `announced` with the destination's encoder for it. */
  open(encoder: Encoder): void {
    const { header, line, canonical } = this.#pending!;
    this.#pending = undefined;
    const stream: OpenStream = {
      header,
      part: this.#o.checkpoint.open(header, encoder),
      validate: this.#o.compile?.(stripExact(header.schema as JsonObject) as JsonObject, header.stream),
      properties: new Set(header.columns.map((column) => column.name)),
      line,
      canonical,
    };
    this.#streams.set(header.stream, stream);
    this.#byHead.set(Buffer.from(header.stream).toString('latin1'), stream);
    this.#current = stream;
  }

  #fast(bytes: Buffer, at: number, end: number, now: number): number {
    const current = this.#current;
    if (current !== undefined) {
      const taken = this.#encodeLines(current, bytes, at, end, now);
      if (taken > at) return taken;
    }
    const other = this.#streamOf(bytes, at, end);
    if (other === undefined || other === current) return at;
    this.#current = other;
    return this.#encodeLines(other, bytes, at, end, now);
  }

  #encodeLines(stream: OpenStream, bytes: Buffer, at: number, end: number, now: number): number {
    const { encoder, blocks, header } = stream.part;
    if (encoder.encodeLines === undefined) return at;
    const before = blocks.rows;
    this.#o.checkpoint.touch(stream.part, now);
    const taken = encoder.encodeLines(bytes, at, end, blocks);
    const rows = blocks.rows - before;
    if (rows > 0) {
      this.lines += rows;
      this.#o.meter.records(header.stream, rows, taken - at);
    }
    return taken;
  }

  /** The stream of a RECORD line by its head, if that is written the usual way. */
  #streamOf(bytes: Buffer, at: number, end: number): OpenStream | undefined {
    const head = RECORD_HEAD.exec(bytes.toString('latin1', at, Math.min(end, at + HEAD_BYTES)));
    return head === null ? undefined : this.#byHead.get(head[1]!);
  }

  #general(line: Buffer, now: number): void {
    if (isBlank(line)) return;
    const message = this.#parse(line);
    const type = message.type.toUpperCase();
    switch (type) {
      case 'RECORD':
        return this.#record(message, line, now);
      case 'SCHEMA':
        return this.#schema(message, line);
      case 'STATE':
        return this.#state(message, line, now);
      case 'ACTIVATE_VERSION':
        this.#known(message, type);
        return this.#o.log.warnOnce('activate-version', 'ACTIVATE_VERSION is not acted on: rows of older versions stay', {
          stream: message['stream'],
        });
      case 'BATCH':
        this.#known(message, type);
        throw this.#fault('BATCH messages cannot be read', 'batch-unsupported', { type }, 'Switch batch_config off in the tap.');
      default:
        return this.#o.log.warnOnce(`type ${type}`, 'Messages of an unknown type are left out', { type });
    }
  }

  #parse(line: Buffer): JsonObject & { readonly type: string } {
    let message: Json;
    try {
      message = parseExact(line.toString());
    } catch {
      // The parser's own message would quote the line.
      throw this.#fault(
        'is not JSON',
        'input-not-json',
        { bytes: line.length },
        'Only Singer messages may be on the input; logs belong on stderr.',
      );
    }
    if (!isJsonObject(message) || typeof message['type'] !== 'string') {
      throw this.#fault(
        'is not a Singer message: an object with a type',
        'input-not-message',
        {},
        'See which program writes to the pipe.',
      );
    }
    return message as JsonObject & { readonly type: string };
  }

  #schema(message: JsonObject, line: Buffer): void {
    const name = this.#streamName(message, 'SCHEMA');
    const known = this.#streams.get(name);
    if (known?.line.equals(line)) return;
    const canonical = canonicalText(message);
    if (known?.canonical === canonical) return;
    const given = message['schema'];
    if (!isJsonObject(given)) throw this.#fault('SCHEMA has no schema', 'schema-missing', { stream: name });
    const schema = resolveReferences(given);
    if (!isJsonObject(schema['properties'])) {
      throw this.#fault(
        'SCHEMA has no properties',
        'schema-without-properties',
        { stream: name },
        'A stream needs an object schema with properties.',
      );
    }
    const keys = names(message['key_properties']);
    const properties = schema['properties'];
    const unknown = [...keys, ...names(message['bookmark_properties'])].filter(
      (property) => !Object.hasOwn(properties, property),
    );
    if (unknown.length > 0) {
      throw this.#fault('SCHEMA names key or bookmark properties that its schema lacks', 'schema-unknown-property', {
        stream: name,
        properties: unknown,
      });
    }
    const header = { stream: name, schema, columns: columnsOf(schema), keys, notesChanges: false };
    this.#pending = { header, line: Buffer.from(line), canonical };
  }

  #record(message: JsonObject, line: Buffer, now: number): void {
    const stream = this.#known(message, 'RECORD');
    const record = message['record'];
    const { header, part, validate } = stream;
    if (!isJsonObject(record)) throw this.#fault('RECORD has no record', 'record-missing', { stream: header.stream });
    for (const key of header.keys) {
      if (!Object.hasOwn(record, key)) {
        throw new RecordError(`Line ${this.lines}: a record of ${header.stream} lacks its key property ${key}`, {
          code: 'record-without-key',
          type: 'MissingKeyPropertiesError',
          facts: { stream: header.stream, key, line: this.lines },
        });
      }
    }
    const violation = validate?.(stripExact(record));
    if (violation !== undefined) {
      throw new RecordError(
        `Line ${this.lines}: a record of ${header.stream} breaks its schema at ${violation.path || '/'}: ${violation.message}`,
        {
          code: 'record-invalid',
          type: 'InvalidRecord',
          facts: { stream: header.stream, path: violation.path, rule: violation.rule, line: this.lines },
          hint: 'Mend the source or its schema, or set validate_records to false.',
        },
      );
    }
    if (part.encoder.keepsUnnamed !== true) this.#tellUnnamed(stream, record);
    this.#o.checkpoint.touch(part, now);
    part.encoder.encode(record, new LineMeta(message, line), part.blocks);
    this.#o.meter.records(header.stream, 1, line.length);
    this.#current = stream;
  }

  #tellUnnamed({ header, properties }: OpenStream, record: JsonObject): void {
    for (const property in record) {
      if (properties.has(property)) continue;
      this.#o.log.warnOnce(`unnamed ${header.stream} ${property}`, 'A field that the schema does not name is left out', {
        stream: header.stream,
        property,
      });
    }
  }

  #state(message: JsonObject, line: Buffer, now: number): void {
    const value = message['value'];
    if (value === undefined || value === null || (isJsonObject(value) && Object.keys(value).length === 0)) {
      this.#o.log.warnOnce('empty state', 'An empty STATE is left out: passing it on would wipe the stored bookmarks');
      return;
    }
    this.lastState = value;
    const range = memberRange(line, 0, line.length, 'value');
    this.#o.checkpoint.state(range === undefined ? stringifyExact(value) : compactText(line, range[0], range[1]), now);
  }

  #known(message: JsonObject, type: string): OpenStream {
    const name = this.#streamName(message, type);
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    throw new InputError(`Line ${this.lines}: ${type} of ${name} came before its SCHEMA`, {
      code: 'record-before-schema',
      type: 'RecordsWithoutSchemaException',
      facts: { stream: name, line: this.lines },
    });
  }

  #streamName(message: JsonObject, type: string): string {
    const name = message['stream'];
    if (typeof name === 'string') return name;
    throw this.#fault(`${type} has no stream name`, 'message-without-stream', { type });
  }

  #fault(what: string, code: string, facts: Record<string, unknown>, hint?: string): InputError {
    return new InputError(`Line ${this.lines} of the input: ${what}`, {
      code,
      facts: { line: this.lines, ...facts },
      ...(hint ? { hint } : {}),
    });
  }
}

export interface IntakeOptions {
  readonly checkpoint: Checkpoint;
  readonly meter: Meter;
  readonly log: Log;
  readonly clock: Clock;
  /** Compiles a schema's check; undefined when records are not validated. */
  readonly compile: ((schema: JsonSchema, stream: string) => Validate) | undefined;
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x0a && byte !== 0x09) return false;
  return true;
}

/** Property names of a message's list; a bare string is one name, anything else none. */
function names(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}
