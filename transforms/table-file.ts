import { readFileSync, statSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject, parseExact } from '../singer/index.ts';

/** A table that is looked up in stays in memory. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The rows of a small table: CSV with a header (`.csv`, `.tsv`), a JSON list of objects, or JSON lines. Values of CSV are texts, empty ones
 * null. Undefined if something is wrong, which is told to `problem`.
 */
export function readTable(path: string, problem: (message: string) => void): readonly JsonObject[] | undefined {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) {
      problem(`the file ${path} has ${Math.round(size / 1024 / 1024)} MB; at most 64 can be looked up in`);
      return undefined;
    }
    return rowsOf(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof SyntaxError)
      problem(`the file ${path} cannot be understood: it must be CSV with a header, or JSON objects`);
    else problem(`the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    return undefined;
  }
}

/** The rows of a text, by the name of its file. Throws SyntaxError. */
export function rowsOf(given: string, path: string): readonly JsonObject[] {
  const text = given.replace(/^\uFEFF/, '');
  return /\.(?:csv|tsv)$/i.test(path) ? csvRows(text, /\.tsv$/i.test(path) ? '\t' : ',') : jsonRows(text);
}

function jsonRows(text: string): JsonObject[] {
  const isList = text.trimStart().startsWith('[');
  const values: readonly Json[] = isList
    ? (parseExact(text) as readonly Json[])
    : text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => parseExact(line));
  if (!values.every(isJsonObject)) throw new SyntaxError('not a list of objects');
  return [...values];
}

function csvRows(text: string, separator: string): JsonObject[] {
  const [header, ...rows] = csvRecords(text, separator);
  if (header === undefined) return [];
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, (row[i] ?? '') === '' ? null : row[i]!])));
}

/** Fields of RFC 4180; blank lines are left out. Throws SyntaxError for a quote without end. */
function csvRecords(text: string, separator: string): string[][] {
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n][^${separator}\\r\\n]*)?)(${separator}|\\r?\\n|$)`, 'y');
  const records: string[][] = [];
  let record: string[] = [];
  while (field.lastIndex < text.length || record.length > 0) {
    const match = field.exec(text);
    if (match === null) throw new SyntaxError('a quoted field has no end');
    const [, quoted, bare = '', end] = match;
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === separator) continue;
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
    if (end === '') break;
  }
  return records;
}
