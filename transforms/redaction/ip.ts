import { isIPv6 } from 'node:net';
import type { Detector, Finding } from './detector.ts';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** No part of a longer row of numbers. */
const FOUR = new RegExp(`(?<!\\d|\\d\\.)${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`, 'g');

/** What an address of version 6 is made of: its last part may be one of version 4. */
const SIX = /[\da-f:.]{3,}/gi;
/** The longest has eight groups, the last two as version 4. */
const LONGEST = 45;
/** The interface of a machine, behind an address. */
const ZONE = /%[\w.-]{1,32}/y;

/** Addresses of the Internet Protocol, versions 4 and 6. `::` alone, which is no machine, stays. */
export const ip: Detector = {
  label: 'IP',
  *find(text) {
    for (const { 0: value, index: start } of text.matchAll(FOUR)) yield { start, end: start + value.length, value };
    for (const { 0: run, index } of text.matchAll(SIX)) {
      if (run.includes(':')) yield* sixesIn(text, index, index + run.length);
    }
  },
};

function* sixesIn(text: string, start: number, end: number): Iterable<Finding> {
  for (let at = start; at < end;) {
    const stop = isWordAt(text, at - 1) ? undefined : endOfSix(text, at, end);
    if (stop === undefined) {
      const colon = text.indexOf(':', at);
      if (colon < 0 || colon >= end) return;
      at = colon + 1;
    } else {
      ZONE.lastIndex = stop;
      yield { start: at, end: stop + (ZONE.exec(text)?.[0].length ?? 0), value: text.slice(at, stop).toLowerCase() };
      at = stop;
    }
  }
}

/** The end of the longest address that begins at `at`: at the end of the run, or at a separator in it. */
function endOfSix(text: string, at: number, end: number): number | undefined {
  for (let stop = Math.min(end, at + LONGEST); stop > at + 2; stop--) {
    const isBoundary = stop === end ? !isWordAt(text, stop) : /[:.]/.test(text.charAt(stop));
    if (isBoundary && isIPv6(text.slice(at, stop))) return stop;
  }
  return undefined;
}

function isWordAt(text: string, at: number): boolean {
  return /^[\p{L}\p{N}_]$/u.test(text.charAt(at));
}
