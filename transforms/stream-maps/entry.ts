import { isJsonObject, type Json, type JsonObject, nearest, type Problem } from '../../singer/index.ts';

/** One entry of `stream_maps`. */
export interface MapEntry {
  /** Its name in the config. */
  readonly key: string;
  readonly path: string;
  /** The streams it is for: a name, or a pattern. */
  readonly source: string;
  /** It makes a stream of its own, called by its key, beside the one it is for. */
  readonly isCopy: boolean;
  /** Undefined: the stream is removed. */
  readonly map: StreamMap | undefined;
}

/** What becomes of a stream. */
export interface StreamMap {
  /** A name, or an expression that gives one. */
  readonly alias: string | undefined;
  readonly filter: string | undefined;
  /** Undefined: those of the stream. */
  readonly keys: readonly string[] | undefined;
  /** Properties that no entry names go along. */
  readonly keepsOthers: boolean;
  /** In the order of the config. Undefined: removed. */
  readonly properties: readonly (readonly [name: string, expression: string | undefined])[];
}

const OPERATORS = ['__alias__', '__source__', '__filter__', '__else__', '__key_properties__'] as const;
const NULL = '__NULL__';

function isNothing(value: Json | undefined): boolean {
  return value === null || value === NULL;
}

/** Reads the entries of `stream_maps`, and whether streams that none is for are removed. What is wrong is put into `problems`. */
export function mapEntries(given: JsonObject, problems: Problem[]): { entries: readonly MapEntry[]; keepsOthers: boolean } {
  const { __else__: others, ...streams } = given;
  if (others !== undefined && !isNothing(others)) problems.push({ path: 'stream_maps.__else__', message: 'must be null' });
  return {
    entries: Object.entries(streams).map(([key, value]) => entryOf(key, value ?? null, problems)),
    keepsOthers: others === undefined,
  };
}

function entryOf(key: string, value: Json, problems: Problem[]): MapEntry {
  const path = `stream_maps.${key}`;
  const problem = (message: string, at = ''): void => void problems.push({ path: at === '' ? path : `${path}.${at}`, message });
  if (key.startsWith('__')) problem(unknownOperator(key, ['__else__']));
  const about = { key, path, source: key, isCopy: false, map: undefined };
  if (isNothing(value)) return about;
  if (!isJsonObject(value)) {
    problem('must be an object, or null');
    return about;
  }
  const source = textOf(value['__source__'], '__source__', problem);
  if (source !== undefined && value['__alias__'] !== undefined) problem('does not go with __source__', '__alias__');
  return { ...about, source: source ?? key, isCopy: source !== undefined, map: mapOf(value, problem) };
}

type Tell = (message: string, at?: string) => void;

function mapOf(given: JsonObject, problem: Tell): StreamMap {
  const others = given['__else__'];
  if (others !== undefined && !isNothing(others)) problem('must be null', '__else__');
  const filter = textOf(given['__filter__'], '__filter__', problem);
  const properties = Object.entries(given).flatMap(([name, value]): [string, string | undefined][] => {
    if ((OPERATORS as readonly string[]).includes(name)) return [];
    if (name.startsWith('__') && name.endsWith('__')) problem(unknownOperator(name, OPERATORS), name);
    if (isNothing(value)) return [[name, undefined]];
    if (typeof value !== 'string') {
      problem('must be an expression, or null', name);
      return [];
    }
    return [[name, value]];
  });
  return {
    alias: textOf(given['__alias__'], '__alias__', problem),
    filter,
    keys: keysOf(given['__key_properties__'], problem),
    keepsOthers: others === undefined,
    properties,
  };
}

function unknownOperator(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return `is no operator${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function textOf(value: Json | undefined, at: string, problem: Tell): string | undefined {
  if (value === undefined || isNothing(value)) return undefined;
  if (typeof value === 'string') return value;
  problem('must be a text', at);
  return undefined;
}

/** Null means no keys. */
function keysOf(value: Json | undefined, problem: Tell): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (isNothing(value)) return [];
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  problem('must be a list of properties, or null', '__key_properties__');
  return undefined;
}

/** A test of names by a pattern with `*`, `?`, `[abc]` and `[!abc]`. */
export function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?[]/.test(pattern)) return (name) => name === pattern;
  const source = pattern.replaceAll(/\[(!?)([^\]]+)\]|[^]/g, (text, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\^[\]]/g, String.raw`\$&`)}]`;
    if (text === '*') return '.*';
    return text === '?' ? '.' : text.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
  });
  const regex = new RegExp(`^${source}$`, 's');
  // A name is a stream, too, where it has the characters of a pattern.
  return (name) => name === pattern || regex.test(name);
}
