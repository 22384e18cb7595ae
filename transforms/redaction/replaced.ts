import type { Detector } from './detector.ts';
import { findNeedles } from './named-values.ts';
import { foldedReading, plainReading, type Reading } from './reading.ts';

/** A part of a text that is to go: places in the text as it came. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly value: string;
}

/** What to look for beside what detectors find, and what to call it. */
export interface Wanted {
  readonly label: string;
  readonly needles: readonly string[];
}

/**
 * The text with `write(label, value)` in place of all that detectors find and of all that is wanted. Of findings that overlap, one replacement
 * stands in place of all that they cover, with the label of the longest.
 */
export function replaced(
  text: string,
  { detectors, wanted }: { readonly detectors: readonly Detector[]; readonly wanted: readonly Wanted[] },
  write: (label: string, value: string) => string,
): string {
  const spans: Span[] = [];
  const plain = plainReading(text);
  for (const detector of detectors) {
    for (const finding of detector.find(plain.text)) spans.push(spanOf(finding, plain, detector.label));
  }
  const folded = wanted.some(({ needles }) => needles.length > 0) ? foldedReading(text) : undefined;
  if (folded !== undefined) {
    for (const { label, needles } of wanted) {
      for (const finding of findNeedles(folded.text, needles)) spans.push(spanOf(finding, folded, label));
    }
  }
  return spans.length === 0 ? text : rewritten(text, spans, write);
}

function spanOf({ end, start, value }: { start: number; end: number; value: string }, reading: Reading, label: string): Span {
  return { start: reading.from(start), end: reading.to(end), label, value };
}

function rewritten(text: string, spans: readonly Span[], write: (label: string, value: string) => string): string {
  let out = '';
  let done = 0;
  const inOrder = spans.toSorted((a, b) => a.start - b.start || b.end - a.end);
  for (let at = 0; at < inOrder.length;) {
    const { start } = inOrder[at]!;
    let longest = inOrder[at]!;
    let { end } = longest;
    for (at++; at < inOrder.length && inOrder[at]!.start < end; at++) {
      const next = inOrder[at]!;
      end = Math.max(end, next.end);
      if (next.end - next.start > longest.end - longest.start) longest = next;
    }
    out += text.slice(done, start) + write(longest.label, longest.value);
    done = end;
  }
  return out + text.slice(done);
}
