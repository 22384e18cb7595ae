import { type Node, type Replacement, SyntaxFault } from './syntax.ts';
import { unescaped } from './tokens.ts';

/** How an f-string is read. */
interface Reading {
  readonly raw: boolean;
  /** Where it begins. */
  readonly at: number;
  /** How deep it stands. */
  readonly depth: number;
  /** Parses what stands in braces. */
  readonly parse: (source: string, depth: number) => Node;
}

/** The parts of an f-string's body. Throws SyntaxFault. */
export function replacements(body: string, o: Reading): (string | Replacement)[] {
  const parts: (string | Replacement)[] = [];
  const literal = (text: string): void => {
    if (text !== '') parts.push(o.raw ? text : unescaped(text, o.at));
  };
  let text = '';
  for (let i = 0; i < body.length; i++) {
    const c = body[i]!;
    if (c === '\\' && !o.raw) text += c + (body[++i] ?? '');
    else if (c !== '{' && c !== '}') text += c;
    else if (body[i + 1] === c) {
      text += c;
      i++;
    } else if (c === '}') throw new SyntaxFault('has a } in an f-string that closes nothing', o.at);
    else {
      literal(text);
      text = '';
      const end = replacementEnd(body, i, o.at);
      parts.push(replacement(body.slice(i + 1, end), o));
      i = end;
    }
  }
  literal(text);
  return parts;
}

/** Where the replacement that begins at `start` has its closing brace. */
function replacementEnd(body: string, start: number, at: number): number {
  let depth = 0;
  let quote = '';
  for (let i = start; i < body.length; i++) {
    const c = body[i]!;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === "'" || c === '"') quote = c;
    else if ('{[('.includes(c)) depth++;
    else if ('}])'.includes(c) && --depth === 0) return i;
  }
  throw new SyntaxFault('has a { in an f-string that is not closed', at);
}

function replacement(text: string, o: Reading): Replacement {
  const { colon, bang } = marksOf(text);
  const source = text.slice(0, bang ?? colon ?? text.length);
  const conversion = bang === undefined ? undefined : text.slice(bang + 1, colon ?? text.length).trim();
  if (conversion !== undefined && !['r', 's', 'a'].includes(conversion)) {
    throw new SyntaxFault('has a conversion in an f-string that is none of !r, !s and !a', o.at);
  }
  if (source.trim() === '') throw new SyntaxFault('has an empty {} in an f-string', o.at);
  if (source.trimEnd().endsWith('=')) throw new SyntaxFault('has {value=} in an f-string', o.at);
  let value: Node;
  try {
    value = o.parse(source, o.depth + 1);
  } catch (error) {
    throw error instanceof SyntaxFault ? new SyntaxFault(error.message, o.at) : error;
  }
  return {
    value,
    conversion: conversion as Replacement['conversion'],
    spec: colon === undefined ? [] : replacements(text.slice(colon + 1), { ...o, depth: o.depth + 1 }),
  };
}

/** Where the conversion and the format of a replacement begin, outside quotes and brackets. */
function marksOf(text: string): { colon: number | undefined; bang: number | undefined } {
  let depth = 0;
  let quote = '';
  let bang: number | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === "'" || c === '"') quote = c;
    else if ('{[('.includes(c)) depth++;
    else if ('}])'.includes(c)) depth--;
    else if (depth > 0) continue;
    else if (c === '!' && text[i + 1] !== '=') bang ??= i;
    else if (c === ':') return { colon: i, bang };
  }
  return { colon: undefined, bang };
}
