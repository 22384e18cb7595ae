import type { OpenedFile } from './opened.ts';
import { breakLength } from './marks.ts';
import type { FileState, OpenRow } from './state.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Where reading goes on. */
export interface Start {
  readonly offset: number;
  /** Rows sent before, and the physical line of the next one. */
  readonly rows: number;
  readonly line: number;
  /** Set while the last row sent is still without a line break. */
  readonly open?: OpenRow;
  /** True if the last row that was sent has grown and is sent again. */
  readonly again?: true;
}

/** Where the rows of a freshly opened file begin. */
export function startOf(opened: OpenedFile): Start {
  return { offset: opened.window.offset, rows: 0, line: opened.line };
}

/**
 * Finds where to go on in a file that has been read before: checks that what was read then is still there, byte for byte.
 * Gives undefined for a file that was rewritten. Moves the file; open it anew if the window does not stand at `offset`.
 */
export async function resumeAt(opened: OpenedFile, prior: FileState, rowBreak: Buffer | undefined): Promise<Start | undefined> {
  const { window } = opened;
  if (prior.rows === 0 && prior.offset <= window.offset) return startOf(opened);
  if (prior.offset < window.offset || (opened.plain && opened.size < prior.offset)) return undefined;
  if (!(await window.skipTo(prior.offset)) || window.digest() !== prior.hash) return undefined;
  const longestBreak = Math.max(2, rowBreak?.length ?? 0);
  while (window.end - window.start < longestBreak && !window.eof) await window.fill();
  const atEnd = window.start === window.end;
  if (prior.open === undefined) {
    // The file ended between the two characters of a line break.
    if (!atEnd && rowBreak === undefined && window.previous === CR && window.bytes[window.start] === LF) window.start++;
    return { offset: window.offset, rows: prior.rows, line: prior.line };
  }
  if (atEnd) return { offset: window.offset, rows: prior.rows, line: prior.line, open: prior.open };
  const { offset, rows, line, unclosed } = prior.open;
  if (unclosed && prior.size === opened.size && prior.mtime === opened.mtime) {
    return { offset: window.offset, rows: prior.rows, line: prior.line, open: prior.open };
  }
  const found = breakLength(window.bytes, window.start, window.end, rowBreak);
  if (unclosed || found === 0) return { offset, rows, line, again: true };
  window.start += found;
  return { offset: window.offset, rows: prior.rows, line: prior.line };
}
