const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Length of the row break that begins at `at`: the given one, or LF, CRLF or CR; 0 if there is none. */
export function breakLength(input: Uint8Array, at: number, end: number, rowBreak: Uint8Array | undefined): number {
  if (rowBreak !== undefined) return matches(input, at, end, rowBreak) ? rowBreak.length : 0;
  if (input[at] === LF) return 1;
  if (input[at] !== CR) return 0;
  return at + 1 < end && input[at + 1] === LF ? 2 : 1;
}

/** True if the mark stands at `at`, whole, before `end`. */
export function matches(input: Uint8Array, at: number, end: number, mark: Uint8Array): boolean {
  if (mark.length === 1) return input[at] === mark[0];
  if (at + mark.length > end) return false;
  for (let k = 0; k < mark.length; k++) if (input[at + k] !== mark[k]) return false;
  return true;
}

/** A space or a tab. */
export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
