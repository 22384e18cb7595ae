/** What `numberAt` gives where there are no digits: more than any part of a date. */
export const NO_NUMBER = 0xff_ffff;

/** The number in exactly `count` digits at a place. */
export function numberAt(text: string, at: number, count: number): number {
  let number = 0;
  if (at + count > text.length) return NO_NUMBER;
  for (const stop = at + count; at < stop; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return NO_NUMBER;
    number = number * 10 + digit;
  }
  return number;
}

/** Where the digits at a place end, `most` of them at most. */
export function digitsEnd(text: string, at: number, most = Infinity): number {
  const stop = Math.min(text.length, at + most);
  while (at < stop && isDigit(text, at)) at++;
  return at;
}

export function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

const TWO: readonly string[] = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

/** 0 to 99 in two digits. */
export function two(number: number): string {
  return TWO[number]!;
}

/** A year in four digits. */
export function four(year: number): string {
  return TWO[Math.floor(year / 100)]! + TWO[year % 100]!;
}
