import { type Json, parseExact } from '../../../singer/tap/index.ts';

/** JSON, and whether numbers in it are kept as text. */
export interface Parsed {
  readonly value: Json;
  readonly exact: boolean;
}

/**
 * Parses an answer, numbers exact. GitHub's numbers are whole and small, which plain parsing keeps; only a text with others is read by
 * the slower exact parser. Throws SyntaxError.
 */
export function parseAnswer(text: string): Parsed {
  const value = JSON.parse(text) as Json;
  return isPlain(value) ? { value, exact: false } : { value: parseExact(text), exact: true };
}

/** True if every number is one that plain parsing cannot have changed. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  for (const name in value) if (!isPlain((value as Readonly<Record<string, unknown>>)[name])) return false;
  return true;
}
