import { isJsonObject, parseExact, type Json, type JsonObject } from '../../../singer/index.ts';
import type { CopyColumn, CopyPlan } from './plan.ts';
import { NULL } from './values.ts';
import { EXTRA } from '../types/types.ts';

/**
 * The record that a row of COPY text was made from, as far as the text tells: values as they were encoded, null for what was missing,
 * nothing of our own columns. The way back of `createCopyEncoder`, for the rare row that the server refuses.
 */
export function recordOf({ columns, metadata }: CopyPlan, row: Buffer): JsonObject {
  const fields = row.toString('utf8').replace(/\n$/, '').split('\t');
  const properties = columns.map((column, i): [string, Json] => [column.name, valueOf(fields[i] ?? NULL, column)]);
  const at = metadata.indexOf(EXTRA);
  const extra = at < 0 ? null : jsonOf(textOf(fields[columns.length + at] ?? NULL));
  return Object.fromEntries([...properties, ...Object.entries(isJsonObject(extra) ? extra : {})]);
}

function valueOf(field: string, { pgType, column }: CopyColumn): Json {
  if (field === NULL) return null;
  const text = textOf(field);
  switch (pgType) {
    case 'boolean':
      return text === 't';
    case 'bigint':
    case 'numeric':
    case 'jsonb':
      return jsonOf(text);
    case 'bytea':
      return Buffer.from(text.slice(2), 'hex').toString(column.encoding === 'base16' ? 'hex' : 'base64');
    default:
      return text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };

function textOf(field: string): string {
  return field.replaceAll(/\\([tnr\\])/g, (_, letter: string) => ESCAPES[letter]!);
}

/** NaN, and a number in a spelling that JSON does not have, stay text. */
function jsonOf(text: string): Json {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
