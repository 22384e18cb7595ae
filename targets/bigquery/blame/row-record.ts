import { isJsonObject, parseExact, type Json, type JsonObject } from '../../../singer/index.ts';
import type { RowColumn, RowPlan } from '../parts/row-plan.ts';
import type { BigQueryType } from '../types/types.ts';

/**
 * The record that a row of a load file was made from, as far as its text tells: values as they were encoded, null for what was missing, nothing of our
 * own columns. The way back of the encoder, for the rare row that BigQuery refuses.
 */
export function recordOf({ columns, whole }: RowPlan, line: string): JsonObject {
  const row = parseExact(line) as JsonObject;
  const record = whole === undefined ? undefined : row[whole];
  if (record !== undefined && isJsonObject(record)) return record;
  return Object.fromEntries(columns.map((column) => [column.name, valueOf(row[column.target] ?? null, column)]));
}

/** Types whose numbers may stand in quotes, so that no reader of JSON rounds them. */
const NUMBERS: ReadonlySet<BigQueryType> = new Set(['INT64', 'FLOAT64', 'NUMERIC', 'BIGNUMERIC']);
const NUMBER = /^-?\d+(?:\.\d+)?$/;

function valueOf(value: Json, { column, type }: RowColumn): Json {
  if (typeof value !== 'string') return value;
  if (type.type === 'BYTES' && column.encoding === 'base16') return Buffer.from(value, 'base64').toString('hex');
  return NUMBERS.has(type.type) && NUMBER.test(value) ? parseExact(value) : value;
}
