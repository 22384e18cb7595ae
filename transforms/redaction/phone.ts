import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';
import type { Detector, Finding } from './detector.ts';
import { digitRuns, type Group } from './digit-runs.ts';

/** What numbers are written with: anything else is between two of them. */
const STRETCH = /[\d+()./~ -]{5,}/g;
/** Stretches are read in pieces of this length, which overlap by the length of a number. */
const PIECE = 250;
const OVERLAP = 40;
const SEPARATOR = /^[ ()./~-]{1,4}$/;
/** Days: as numbers of ten digits they would be valid in some countries. */
const DATE = /(?<![\d./-])(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}([./])\d{1,2}\1(?:19|20)\d\d)(?![\d./-])/g;
/** Digits of a number with its country (ITU E.164), a `0` in brackets more; and the fewest that are looked for. */
const MOST = 16;
const LEAST = 5;
const MOST_GROUPS = 8;
const EXTENSION = /[ ,;]{0,3}(?:extension|ext|durchwahl|poste|доб|x)[ .:#]{0,3}\d{1,7}(?!\d)/iy;

type Library = typeof import('libphonenumber-js/min');

/**
 * Finds phone numbers: with `+` those of the whole world that have a length of their country, without it those that are valid in one of
 * `regions`, as libphonenumber says. Tells `problem` about regions that have none.
 */
export function phoneIn(regions: readonly string[], problem: (region: string) => void): Detector {
  // Loaded on first use: its tables take longer than all else at the start.
  const library = createRequire(import.meta.url)('libphonenumber-js/min') as Library;
  const countries = regions.flatMap((region) => {
    const country = region.toUpperCase();
    if (library.isSupportedCountry(country)) return country;
    problem(region);
    return [];
  });
  const readers = [undefined, ...countries].map((country) => readerOf(library, country));
  return {
    label: 'PHONE',
    *find(text) {
      const dateless = text.replaceAll(DATE, (date) => '|'.repeat(date.length));
      for (const { 0: stretch, index } of dateless.matchAll(STRETCH)) {
        for (let at = 0; at === 0 || at + OVERLAP < stretch.length; at += PIECE - OVERLAP) {
          const piece = stretch.slice(at, at + PIECE);
          for (const read of readers) {
            for (const { end, start, value } of read(piece)) {
              yield { start: index + at + start, end: withExtension(text, index + at + end), value };
            }
          }
        }
      }
    },
  };
}

function withExtension(text: string, end: number): number {
  EXTENSION.lastIndex = end;
  return end + (EXTENSION.exec(text)?.[0].length ?? 0);
}

/** Finds the numbers of a country, or those with `+`, in a piece of text. */
function readerOf(library: Library, country: CountryCode | undefined): (piece: string) => Iterable<Finding> {
  const lengths = country === undefined ? new Set<number>() : lengthsIn(library, country);

  function* read(piece: string): Iterable<Finding> {
    if (country === undefined && !piece.includes('+')) return;
    const usual = library.findPhoneNumbersInText(piece, country).map(({ endsAt, number, startsAt }) => {
      return { start: startsAt, end: endsAt, value: number.number };
    });
    yield* usual;
    // It passes by numbers that have others beside them.
    for (const run of digitRuns(piece, SEPARATOR)) {
      for (let first = 0; first < run.length;) {
        const { start } = run[first]!;
        const known = usual.find((one) => start >= one.start && start < one.end);
        const found = known === undefined ? longestFrom(piece, run, first) : undefined;
        if (found !== undefined) yield found;
        const end = found?.end ?? run[first]!.end;
        while (first < run.length && run[first]!.start < end) first++;
      }
    }
  }

  /** The longest number that begins with a group. */
  function longestFrom(piece: string, run: readonly Group[], first: number): Finding | undefined {
    const start = run[first]!.start;
    const [signs = ''] = /(?:\+ ?)?\(?$/.exec(piece.slice(Math.max(start - 3, 0), start)) ?? [];
    const from = start - signs.length;
    const isWhole = signs.startsWith('+');
    let { count, digits } = mostFrom(run, first);
    for (; count > 0 && digits >= LEAST; digits -= lengthOf(run[first + --count]!)) {
      if (!isWhole && !lengths.has(digits)) continue;
      const { end } = run[first + count - 1]!;
      const number = library.parsePhoneNumberFromString(piece.slice(from, end), country);
      if (number === undefined || !(isWhole ? number.isPossible() : number.isValid())) continue;
      // Most numbers are one without what is dialled before it in that country: `(0)171 1234567`.
      const national = number.formatNational().replaceAll(/\D+/g, '');
      if (isWhole || digits >= national.length) return { start: from, end, value: number.number };
    }
    return undefined;
  }

  return read;
}

/** How many groups from one on may be one number, and their digits. Only a country, an area or a `(0)` before it has a single digit. */
function mostFrom(run: readonly Group[], first: number): { count: number; digits: number } {
  let count = 0;
  let digits = 0;
  for (const group of run.slice(first, first + MOST_GROUPS)) {
    const length = lengthOf(group);
    if (digits + length > MOST || (length === 1 && count > 2)) break;
    digits += length;
    count++;
  }
  return { count, digits };
}

function lengthOf({ end, start }: Group): number {
  return end - start;
}

/** Numbers of digits that a number within a country may have, with what is dialled before it there. */
function lengthsIn({ Metadata }: Library, country: CountryCode): ReadonlySet<number> {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
  return new Set(lengths.flatMap((length) => [length, length + 1, length + 2, length + 3]));
}
