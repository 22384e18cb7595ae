import { ValueFault } from './fault.ts';
import { isJsonObject, type Json, type JsonSchema } from '../singer/index.ts';

/** What an operation may do to texts, as far as their schema is concerned. */
export interface TextChange {
  readonly shortens?: true;
  readonly lengthens?: true;
  /** A text that is valid by a `format` (date-time, uuid, email …) may not be after it. */
  readonly breaksFormat?: boolean;
  readonly change: (text: string) => string;
}

/** The schema of texts after a change; other types and null stay as they are. */
export function changedText(schema: JsonSchema, what: TextChange): JsonSchema {
  const out: Record<string, unknown> = {};
  const change = (value: unknown): unknown => (typeof value === 'string' ? what.change(value) : value);
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'pattern' || keyword === 'contentEncoding' || keyword === 'contentMediaType') continue;
    if (keyword === 'minLength' && what.shortens) continue;
    if (keyword === 'maxLength' && what.lengthens) continue;
    if (keyword === 'format' && what.breaksFormat) continue;
    if (keyword === 'enum' && Array.isArray(value)) out[keyword] = [...new Set(value.map(change))];
    else if (keyword === 'const') out[keyword] = change(value);
    else if (['anyOf', 'oneOf', 'allOf'].includes(keyword) && Array.isArray(value)) {
      // Two alternatives may both be true after it.
      out[keyword === 'oneOf' ? 'anyOf' : keyword] = value.map((branch) =>
        isJsonObject(branch) ? changedText(branch, what) : branch,
      );
    } else out[keyword] = value;
  }
  return out;
}

/**
 * Checks texts and writes each in one form; `canonical` gives that, or undefined for what is none of them. `format`: the one that texts
 * of that form are valid by.
 */
export function canonicalTexts(
  schema: JsonSchema,
  canonical: (text: string) => string | undefined,
  fault: { readonly code: string; readonly what: string; readonly format?: string },
): { readonly schema: JsonSchema; readonly apply: (value: Json | undefined) => Json | undefined } {
  const breaksFormat = fault.format === undefined || schema['format'] !== fault.format;
  return {
    schema: changedText(schema, { change: (text) => canonical(text) ?? text, shortens: true, lengthens: true, breaksFormat }),
    apply: onText((text) => {
      const written = canonical(text);
      if (written === undefined) throw new ValueFault(fault.code, fault.what);
      return written;
    }),
  };
}

/** Applies a change to texts and leaves every other value alone. */
export function onText(change: (text: string) => Json): (value: Json | undefined) => Json | undefined {
  return (value) => (typeof value === 'string' ? change(value) : value);
}
