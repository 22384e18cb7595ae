import { ExactNumber, InputError, isJsonObject, type Json, type JsonObject, type Row } from '../../../singer/tap/index.ts';

/** The objects of a list, or of the list that an object holds under `member`. Throws InputError for an answer of another shape. */
export function itemsOf(stream: string, body: Json, member?: string): readonly JsonObject[] {
  const list = member === undefined ? body : isJsonObject(body) ? body[member] : undefined;
  if (!Array.isArray(list) || !(list as readonly Json[]).every(isJsonObject)) throw misshapen(stream, 'a list of objects');
  return list as readonly JsonObject[];
}

/** A whole number under `name`, as text: GitHub's ids have up to 64 bits. */
export function idOf(stream: string, item: JsonObject, name = 'id'): string {
  const id = item[name];
  if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id);
  if (id instanceof ExactNumber && /^-?\d+$/.test(id.text)) return id.text;
  throw misshapen(stream, `objects with a number in ${name}`);
}

/** The text under `name`. */
export function textOf(stream: string, item: JsonObject, name: string): string {
  const text = item[name];
  if (typeof text === 'string') return text;
  throw misshapen(stream, `objects with a text in ${name}`);
}

function misshapen(stream: string, expected: string): InputError {
  return new InputError(`An answer for ${stream} is not ${expected}`, {
    code: 'answer-shape',
    facts: { stream },
    hint: 'Is api_url_base the address of a GitHub API?',
  });
}

/** Reactions with names that databases take as columns: `+1` is `plus_one`, as in MeltanoLabs' tap. */
export function withReactions(item: JsonObject): Row {
  const { reactions } = item;
  return isJsonObject(reactions) ? { ...item, reactions: renamed(reactions) } : { ...item };
}

export const REACTION_NAMES: Readonly<Record<string, string>> = { '+1': 'plus_one', '-1': 'minus_one' };

function renamed(reactions: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(reactions).map(([name, value]) => [REACTION_NAMES[name] ?? name, value]));
}
