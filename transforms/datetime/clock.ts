import { digitsEnd, NO_NUMBER, numberAt } from './digits.ts';
import type { Moment } from './moment.ts';

const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;

/** Reads `HH:mm`, `HH:mm:ss` or `HH:mm:ss.f`; gives where it ends, -1 if there is none. `H` lets the hour have one digit. */
export function readClock(text: string, at: number, moment: Moment, hourDigits: 'H' | 'HH' = 'HH'): number {
  const isShort = hourDigits === 'H' && text.charCodeAt(at + 1) === COLON;
  const hour = numberAt(text, at, isShort ? 1 : 2);
  at += isShort ? 1 : 2;
  if (hour === NO_NUMBER || text.charCodeAt(at) !== COLON) return -1;
  moment.hour = hour;
  moment.minute = numberAt(text, at + 1, 2);
  moment.hasTime = true;
  at += 3;
  if (text.charCodeAt(at) !== COLON) return at;
  moment.second = numberAt(text, at + 1, 2);
  return readFraction(text, at + 3, moment);
}

/** Reads `.f` or `,f` if it stands there; gives where it ends, -1 for a point without digits. */
export function readFraction(text: string, at: number, moment: Moment): number {
  const code = text.charCodeAt(at);
  if (code !== DOT && code !== COMMA) return at;
  const end = digitsEnd(text, at + 1);
  if (end === at + 1) return -1;
  moment.fraction = text.slice(at + 1, end);
  return end;
}
