import { InputError } from '../errors.ts';
import { stringifyExact } from '../json-text.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { faultAt, type Place } from './place.ts';

/** The files of a BATCH message and what stands in their records' stead around them. */
export interface BatchFiles {
  readonly stream: string;
  readonly files: readonly BatchFile[];
  /** A RECORD line of a record of theirs begins and ends with these bytes. */
  readonly head: Buffer;
  readonly tail: Buffer;
  /** The message's members that its records inherit: `time_extracted` and `version`. */
  readonly inherited: JsonObject;
  /** The number of records that the message promises; undefined if it does not. */
  readonly records: number | undefined;
}

export interface BatchFile {
  readonly path: string;
  /** Where it is if the path is meant literally, with its %-signs; undefined if that is the same. */
  readonly literal: string | undefined;
  readonly gzip: boolean;
}

const ENCODING_HINT =
  'Have the tap write JSON lines, plain or gzip, into files that this machine can read; or switch its BATCH messages off.';

/**
 * Reads a BATCH message of either dialect: the Meltano SDK's (`encoding`, `manifest`) and pipelinewise's (`filepath`, `format`,
 * `compression`). Throws InputError `batch-malformed`, and `batch-unsupported` for what cannot be read here.
 */
export function batchFiles(message: JsonObject, stream: string, place: Place): BatchFiles {
  const { encoding, locations } = dialectOf(message, stream, place);
  const files = locations.map((location) => fileOf(location, { encoding, stream, place }));
  const inherited = Object.fromEntries(
    ['time_extracted', 'version'].filter((name) => message[name] !== undefined).map((name) => [name, message[name]!]),
  );
  const size = message['batch_size'];
  return { stream, files, ...frame(stream, message), inherited, records: typeof size === 'number' ? size : undefined };
}

interface Dialect {
  readonly encoding: Encoding;
  readonly locations: readonly string[];
}

interface Encoding {
  readonly format: string;
  /** Undefined if the message does not say. */
  readonly compression: string | undefined;
}

function dialectOf(message: JsonObject, stream: string, place: Place): Dialect {
  const { encoding, manifest, filepath } = message;
  if (manifest !== undefined) {
    const locations = Array.isArray(manifest)
      ? manifest.filter((location): location is string => typeof location === 'string')
      : [];
    const isList = Array.isArray(manifest) && locations.length === manifest.length;
    if (isList && isJsonObject(encoding)) return { encoding: encodingOf(encoding), locations };
  } else if (typeof filepath === 'string') {
    return { encoding: encodingOf(message), locations: [filepath] };
  }
  throw faultAt(place, {
    what: 'BATCH has neither an encoding with a manifest of files nor a filepath',
    code: 'batch-malformed',
    facts: { stream },
  });
}

function encodingOf({ format, compression }: JsonObject): Encoding {
  return {
    format: typeof format === 'string' ? format : 'jsonl',
    compression: nameOf(compression),
  };
}

function nameOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : 'unknown';
}

function fileOf(location: string, { encoding, stream, place }: { encoding: Encoding; stream: string; place: Place }): BatchFile {
  const { format, compression } = encoding;
  const local = pathOf(location);
  const isKnown = format === 'jsonl' && (compression === undefined || compression === 'none' || compression === 'gzip');
  if (local === undefined || !isKnown) {
    throw new InputError(
      `A BATCH of ${stream} cannot be read: format ${format}, compression ${compression ?? 'none'}, file ${shown(location)}`,
      {
        code: 'batch-unsupported',
        facts: { stream, line: place.line, format, compression: compression ?? null, file: shown(location) },
        hint: ENCODING_HINT,
      },
    );
  }
  return { ...local, gzip: compression === undefined ? local.path.endsWith('.gz') : compression === 'gzip' };
}

/** A location without what may be secret in a URL: credentials and signatures. */
function shown(location: string): string {
  return SCHEME.test(location) ? location.replace(/[?#].*$/s, '').replace(/(:\/\/)[^/]*@/, '$1') : location;
}

const SCHEME = /^([a-z][a-z\d+.-]*):\/\//i;

/**
 * The local path of a location: a path, or a `file://` URL without a host. Some writers escape their URLs and some do not, so that
 * a path with a %-sign may be meant either way.
 */
function pathOf(location: string): { path: string; literal: string | undefined } | undefined {
  const scheme = SCHEME.exec(location);
  if (scheme === null) return { path: location, literal: undefined };
  if (scheme[1]!.toLowerCase() !== 'file') return undefined;
  const literal = location.slice('file://'.length).replace(/^localhost(?=\/)/, '');
  if (!literal.startsWith('/')) return undefined;
  try {
    const path = decodeURIComponent(literal);
    return { path, literal: path === literal ? undefined : literal };
  } catch {
    // Not an escape: a name with a %-sign in it.
    return { path: literal, literal: undefined };
  }
}

function frame(stream: string, message: JsonObject): { head: Buffer; tail: Buffer } {
  const { time_extracted, version } = message;
  const around = stringifyExact({ type: 'RECORD', stream, time_extracted, version });
  return { head: Buffer.from(`${around.slice(0, -1)},"record":`), tail: Buffer.from('}\n') };
}
