/** Where the values of a line stand, in line order. Offsets are those of the line's buffer. */
export interface LinePlaces {
  readonly slots: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly recordStart: number;
  readonly recordEnd: number;
}

/** What a line is made of: text, value, text, value … text. */
export interface LineTexts {
  /** The slot of each value. */
  readonly slots: readonly number[];
  /** The text before each value, and the one after the last, with the newline. */
  readonly texts: readonly Buffer[];
  /** The texts that hold the record's opening and closing brace. Those between them are a comma and a member's name each. */
  readonly open: number;
  readonly close: number;
  /** Bytes from the opening brace, and from after the closing one, to the end of that text. */
  readonly openBack: number;
  readonly closeBack: number;
}

/** Takes a line apart; the texts are copies. */
export function textsOf(bytes: Buffer, line: LinePlaces): LineTexts {
  const { slots, ends } = line;
  const stops = [...line.starts, line.lineEnd];
  const open = stops.findIndex((stop) => stop > line.recordStart);
  const close = stops.findIndex((stop) => stop >= line.recordEnd);
  return {
    slots: [...slots],
    texts: stops.map((stop, i) => Buffer.from(bytes.subarray(i === 0 ? line.lineStart : ends[i - 1]!, stop))),
    open,
    close,
    openBack: stops[open]! - line.recordStart,
    closeBack: stops[close]! - line.recordEnd,
  };
}

/**
 * The texts of one line with the members of both, each after the member it was seen after. Undefined if the lines differ in
 * more than which members they have: in the first one, or around the record.
 */
export function mergeTexts(a: LineTexts, b: LineTexts): LineTexts | undefined {
  const sameHead = a.open === b.open && a.open < a.close && b.open < b.close && areEqual(a, 0, b, 0, a.open + 1);
  const sameTail =
    a.texts.length - a.close === b.texts.length - b.close && areEqual(a, a.close, b, b.close, a.texts.length - a.close);
  if (!sameHead || !sameTail) return undefined;
  const slots = a.slots.slice(0, a.close);
  const texts = a.texts.slice(0, a.close);
  let place = a.open + 1;
  for (let i = b.open + 1; i < b.close; i++) {
    const known = slots.indexOf(b.slots[i]!);
    if (known >= 0) place = known + 1;
    else {
      slots.splice(place, 0, b.slots[i]!);
      texts.splice(place, 0, b.texts[i]!);
      place++;
    }
  }
  return {
    ...a,
    slots: [...slots, ...a.slots.slice(a.close)],
    texts: [...texts, ...a.texts.slice(a.close)],
    close: slots.length,
  };
}

/** True if `count` texts from these on, and the values after them, are the same. */
function areEqual(a: LineTexts, fromA: number, b: LineTexts, fromB: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (!a.texts[fromA + i]!.equals(b.texts[fromB + i]!) || a.slots[fromA + i] !== b.slots[fromB + i]) return false;
  }
  return true;
}
