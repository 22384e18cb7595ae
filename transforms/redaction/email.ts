import type { Detector } from './detector.ts';
import { UNSPACED } from './scripts.ts';

/** What stands between blanks, brackets, quotes and signs that no address has. */
const PIECES = /[^\s<>()[\]\\,;:"\p{Pi}\p{Pf}「」『』【】《》…、。¡¿]+/gu;
const DOMAIN = /[\p{L}\p{M}\p{N}._-]+/uy;
/** `@[192.0.2.1]` */
const LITERAL = /\[(?:IPv6:)?[\da-f:.]{2,45}\]/iy;
/** RFC 5321 has names of at most 64 bytes. */
const QUOTED = /"(?:[^"\\\r\n]|\\[^\r\n]){1,64}"$/;
const LONGEST_QUOTED = 130;

/** E-mail addresses: a name, an `@`, and a domain with a dot in it, or an address in brackets. */
export const email: Detector = {
  label: 'EMAIL',
  *find(text) {
    for (const { 0: piece, index } of text.matchAll(PIECES)) {
      let from = index;
      for (let at = text.indexOf('@', from); at >= 0 && at < index + piece.length; at = text.indexOf('@', at + 1)) {
        const end = endOfDomain(text, at + 1);
        const start = end === undefined ? undefined : startOfName(text, from, at);
        if (start === undefined || end === undefined) continue;
        yield { start, end, value: text.slice(start, end).toLowerCase() };
        from = end;
      }
    }
  },
};

/** Undefined if nothing that may be a name stands before the `@`. */
function startOfName(text: string, from: number, at: number): number | undefined {
  if (from < at) {
    // Words run into it where they are not set apart by blanks.
    for (let start = at; start > from; start--) {
      if (UNSPACED.test(text.charAt(start - 1))) return start < at ? start : from;
    }
    return from;
  }
  const quoted = QUOTED.exec(text.slice(Math.max(at - LONGEST_QUOTED, 0), at));
  return quoted === null ? undefined : at - quoted[0].length;
}

function endOfDomain(text: string, start: number): number | undefined {
  LITERAL.lastIndex = start;
  const literal = LITERAL.exec(text);
  if (literal !== null) return start + literal[0].length;
  DOMAIN.lastIndex = start;
  const labels = withoutWordsBehind(DOMAIN.exec(text)?.[0] ?? '').split('.');
  const gap = labels.indexOf('');
  let count = gap < 0 ? labels.length : gap;
  while (count > 1 && !isTopLevel(labels[count - 1]!)) count--;
  return count > 1 ? start + labels.slice(0, count).join('.').length : undefined;
}

/** `example.org` of a domain in ASCII that words of a script without blanks run into. */
function withoutWordsBehind(domain: string): string {
  const [ascii = ''] = /^[\w.-]*/.exec(domain) ?? [];
  return /\.\w{2,}$/.test(ascii) && UNSPACED.test(domain.charAt(ascii.length)) ? ascii : domain;
}

/** Two characters at least, a letter among them: `lodash@4.17.21` is no address. */
function isTopLevel(label: string): boolean {
  return label.length >= 2 && /\p{L}/u.test(label);
}
