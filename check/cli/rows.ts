import { must } from '../expect.ts';
import { isObject, parse } from '../messages.ts';
import type { StoredRow } from '../subject.ts';
import { excerpt } from '../process.ts';

/** The rows in JSON lines, every value as text; numbers keep the digits they are written with. */
export function storedRows(text: string): StoredRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      must(isObject(parse(line)), `--read printed a line that is no JSON object: ${excerpt(line, 120)}`);
      return Object.fromEntries(members(line));
    });
}

/** A string, a bracket, or anything else up to the next of them. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^"{}[\],:\s]+/g;

/** The members of the object in a line of valid JSON: `JSON.parse` would round its numbers. */
function members(line: string): [string, string | null][] {
  const found: [string, string | null][] = [];
  let depth = 0;
  let name: string | undefined;
  let start = -1;
  const close = (end: number): void => {
    if (name !== undefined && start >= 0) found.push([name, textOf(line.slice(start, end).trim())]);
    name = undefined;
    start = -1;
  };
  for (const { 0: token, index } of line.matchAll(TOKEN)) {
    if (depth === 1 && name === undefined && token.startsWith('"')) name = JSON.parse(token) as string;
    else if (depth === 1 && start < 0 && token === ':') start = index + 1;
    else if (depth === 1 && (token === ',' || token === '}')) close(index);
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
  }
  return found;
}

function textOf(json: string): string | null {
  if (json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
