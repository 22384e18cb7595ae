import { SyntaxFault } from './syntax.ts';

export type Token =
  | { readonly kind: 'name' | 'operator'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: bigint | { readonly float: number }; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  /** An f-string: what stands between its quotes. */
  | { readonly kind: 'format'; readonly body: string; readonly raw: boolean; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const SPACE = /[ \t\r\n\f]+|\\\r?\n/y;
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy;
const STRING = /([rRbBfFuU]{0,2})('''|"""|'|")/y;
const FLOAT = /(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d+)?|\d(?:_?\d)*\.?(?:[eE][+-]?\d+)|\d(?:_?\d)*\.(?!\.)/y;
const INTEGER = /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|\d(?:_?\d)*/y;
const OPERATOR = /\*\*|\/\/|<<|>>|<=|>=|==|!=|\?\.|[-+*/%<>&|^~()[\]{}.,:=@;!]/y;

/** Longest expression, in UTF-16 units. */
const MAX_LENGTH = 100_000;

/** Splits an expression. Throws SyntaxFault. */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new SyntaxFault(`is longer than ${MAX_LENGTH} characters`, 0);
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const string = match(STRING);
    if (string !== null) {
      const token = stringToken(text, at, string);
      tokens.push(token.token);
      at = token.end;
      continue;
    }
    const name = match(NAME);
    if (name !== null) {
      tokens.push({ kind: 'name', text: name[0].normalize('NFKC'), at });
      at += name[0].length;
      continue;
    }
    const number = match(FLOAT) ?? match(INTEGER);
    if (number !== null) {
      tokens.push({ kind: 'number', value: numberOf(number[0], at), at });
      at += number[0].length;
      continue;
    }
    const operator = match(OPERATOR);
    if (operator === null) throw new SyntaxFault(`has an unexpected character ${JSON.stringify(text[at])}`, at);
    tokens.push({ kind: 'operator', text: operator[0], at });
    at += operator[0].length;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function numberOf(text: string, at: number): bigint | { float: number } {
  const digits = text.replaceAll('_', '');
  if (/^0[xXoObB]/.test(digits)) return BigInt(digits.toLowerCase());
  if (/[.eE]/.test(digits)) return { float: Number(digits) };
  if (/^0+[1-9]/.test(digits)) throw new SyntaxFault('has an integer that begins with zero', at);
  return BigInt(digits);
}

function stringToken(text: string, at: number, [head, prefix, quote]: RegExpExecArray): { token: Token; end: number } {
  const marks = prefix!.toLowerCase();
  if (marks.includes('b')) throw new SyntaxFault('has bytes, which are no JSON value', at);
  const start = at + head.length;
  let end = start;
  while (!text.startsWith(quote!, end)) {
    if (end >= text.length || (quote!.length === 1 && text[end] === '\n')) {
      throw new SyntaxFault('has a text without an end quote', at);
    }
    end += text[end] === '\\' ? 2 : 1;
  }
  const body = text.slice(start, end);
  const raw = marks.includes('r');
  const token: Token = marks.includes('f')
    ? { kind: 'format', body, raw, at }
    : { kind: 'string', value: raw ? body : unescaped(body, at), at };
  return { token, end: end + quote!.length };
}

const ESCAPE = /\\(?:\r?\n|[0-7]{1,3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^])/g;
const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text that a literal stands for. An escape that Python does not know stands for itself. Throws SyntaxFault. */
export function unescaped(body: string, at: number): string {
  if (!body.includes('\\')) return body;
  return body.replaceAll(ESCAPE, (escape) => {
    const code = escape[1]!;
    if (code === '\n' || code === '\r') return '';
    if (/[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(escape.slice(1), 8));
    if ('xuU'.includes(code)) {
      const point = escape.length > 2 ? Number.parseInt(escape.slice(2), 16) : Number.NaN;
      if (!(point <= 0x10_ff_ff)) throw new SyntaxFault('has an escape that is not complete', at);
      return String.fromCodePoint(point);
    }
    if (code === 'N') throw new SyntaxFault('names a character (\\N{…}): write it, or its number', at);
    return SIMPLE[code] ?? escape;
  });
}
