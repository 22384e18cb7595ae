import { createHash } from 'node:crypto';
import { stringifyExact, withWords, type Json, type JsonObject, type JsonSchema } from '../../singer/index.ts';
import type { RecordFault } from '../fault.ts';
import type { Shape } from '../rule.ts';
import type { Way } from './way.ts';
import { propertiesOf } from './shape.ts';

/** What stands in a quarantined record in place of a value that the rules hide. */
const HIDDEN = 'REDACTED';

const TEXT: JsonSchema = { type: ['string', 'null'] };

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    _q_id: { type: 'string' },
    _q_stream: { type: 'string' },
    _q_reason: { type: 'string' },
    _q_rule: { type: 'string' },
    _q_field: TEXT,
    _q_at: { type: 'string', format: 'date-time' },
    _q_key: TEXT,
    record: { type: 'string' },
  },
  required: ['_q_id'],
};

/** The stream of the records that a stream's rules put aside. Equal records put aside for equal reasons have one `_q_id`. */
export function quarantineShape(stream: string): Shape {
  return { stream, schema: SCHEMA, keys: ['_q_id'], bookmarks: [], privacy: {} };
}

/**
 * What is kept of a record. Every field that a rule hides, and every field that the schema does not name, is replaced; with `raw` none is.
 * Of a key that is hidden `_q_key` has the pseudonym, if there is one, by which the record's other rows are found.
 * `way` is the record's, `original` the record as it came.
 */
export function quarantineRecord(
  original: JsonObject,
  fault: RecordFault,
  { way, raw, at }: { way: Way; raw: boolean; at: Date },
): JsonObject {
  const { from, hidden } = way;
  const known = propertiesOf(from);
  const shown = ([name, value]: [string, Json | undefined]): [string, Json | undefined] =>
    raw || value === null || (Object.hasOwn(known, name) && !hidden.has(name)) ? [name, value] : [name, HIDDEN];
  const members = Object.entries(original).map(shown);
  const record = stringifyExact(withWords(Object.fromEntries(members)));
  const key = Object.fromEntries(
    members
      .filter(([name]) => from.keys.includes(name))
      .map(([name, value]) => [name, value === HIDDEN ? (way.pseudonymOf(name) ?? HIDDEN) : value]),
  );
  const shownKey = from.keys.length === 0 ? null : stringifyExact(withWords(key));
  const hash = createHash('sha256').update(JSON.stringify([from.stream, fault.rule, fault.field ?? null, record, shownKey]));
  return {
    _q_id: hash.digest('hex').slice(0, 32),
    _q_stream: from.stream,
    _q_reason: fault.message,
    _q_rule: fault.rule,
    _q_field: fault.field ?? null,
    _q_at: at.toISOString(),
    _q_key: shownKey,
    record,
  };
}
