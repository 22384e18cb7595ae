import { ConfigError, type RecordError } from '../errors.ts';
import { stringifyExact, withWords } from '../json-text.ts';
import type { JsonObject, JsonSchema, Row } from '../json.ts';
import type { OpenPart } from './checkpoint.ts';
import { LineMeta } from './line-meta.ts';
import type { Place } from './place.ts';
import type { StreamHeader } from './destination.ts';
import { columnsOf } from './schema.ts';

/** Settings by which targets would replace, merge or refuse the quarantine; it takes these values instead, where a target has them. */
const FORCED: Readonly<Record<string, unknown>> = {
  load_method: 'append-only',
  mode: 'append',
  on_new_stream: 'evolve',
  // They name properties that the quarantine does not have.
  replace_range: undefined,
  version_column: undefined,
  indexes: [],
  column_types: {},
  partition_by: undefined,
  // Its records would stand among those of the streams.
  custom_name: undefined,
};

const TEXT: JsonSchema = { type: ['string', 'null'] };

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    stream: { type: 'string' },
    line: { type: ['integer', 'null'] },
    file: TEXT,
    code: { type: 'string' },
    rule: TEXT,
    path: TEXT,
    property: TEXT,
    record: { type: 'string' },
    run_id: { type: 'string' },
    quarantined_at: { type: 'string', format: 'date-time' },
  },
};

/** The stream that bad records are appended to. */
export function quarantineHeader(stream: string): StreamHeader {
  return { stream, schema: SCHEMA, columns: columnsOf(SCHEMA), keys: [], notesChanges: false };
}

/** The error for a stream of the input that has the quarantine's name. */
export function quarantineTaken(): ConfigError {
  return new ConfigError([{ path: 'quarantine_stream', message: 'a stream of the input has this name' }]);
}

/** The target's config for the quarantine. */
export function quarantineConfig<C extends object>(config: C): C {
  const forced = Object.entries(FORCED).filter(([name]) => Object.hasOwn(config, name));
  return { ...config, ...Object.fromEntries(forced) };
}

/**
 * What is kept of a bad record. It stays JSON text, which any destination can hold, whatever is wrong with it; numbers that JSON does not
 * have are in it as strings, `"NaN"`.
 */
export function quarantineRow(
  record: JsonObject,
  { code, facts }: RecordError,
  at: { readonly stream: string; readonly place: Place | undefined; readonly runId: string; readonly now: number },
): Row {
  return {
    stream: visible(at.stream),
    line: at.place?.line ?? null,
    file: at.place?.file ?? null,
    code,
    rule: text(facts['rule']),
    path: text(facts['path']),
    property: text(facts['property'] ?? facts['key']),
    record: stringifyExact(withWords(record)),
    run_id: at.runId,
    quarantined_at: new Date(at.now).toISOString(),
  };
}

/** Appends such a row. */
export function addToQuarantine({ header, encoder, blocks }: Pick<OpenPart, 'header' | 'encoder' | 'blocks'>, row: Row): void {
  const meta = new LineMeta({ type: 'RECORD', stream: header.stream }, NO_LINE, { record: row, changes: [] });
  if (encoder.encode(row, meta, blocks) === 'changed') {
    throw new Error(`The destination cannot keep the text of ${header.stream} as it is`);
  }
}

const NO_LINE = Buffer.alloc(0);

function text(fact: unknown): string | null {
  return typeof fact === 'string' ? visible(fact) : null;
}

/** A name with characters that not every destination can hold written as JSON escapes. */
function visible(name: string): string {
  return /[\0\uD800-\uDFFF]/.test(name) ? JSON.stringify(name).slice(1, -1) : name;
}
