import type { Log } from '../../singer/tap/index.ts';
import type { Part } from './groups.ts';
import { breakLength } from './marks.ts';
import type { FileState, OpenRow } from './state.ts';
import type { Window } from './window.ts';

const LF = 0x0a;
const CR = 0x0d;

/** A file that stands at its first row. */
export interface Resumable {
  readonly window: Window;
  /** Physical line of the first row. */
  readonly line: number;
  readonly size: number;
  readonly mtime: string;
  readonly plain: boolean;
}

/** How far a file has been read, up to where its window stands. */
export function positionOf(
  { size, mtime, window }: Resumable,
  { open, ...at }: { readonly rows: number; readonly line: number; readonly done: boolean; readonly open: OpenRow | undefined },
): FileState {
  return { size, mtime, offset: window.offset, hash: window.digest(), ...at, ...(open === undefined ? {} : { open }) };
}

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
export function startOf(opened: Resumable): Start {
  return { offset: opened.window.offset, rows: 0, line: opened.line };
}

/**
 * Finds where to go on in a file that has been read before: checks that what was read then is still there, byte for byte.
 * Gives undefined for a file that was rewritten. Moves the file; open it anew if the window does not stand at `offset`.
 */
async function resumeAt(opened: Resumable, prior: FileState, rowBreak: Buffer | undefined): Promise<Start | undefined> {
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

/** As `resumeAt`, and tells what is not as it was. */
export async function resumeOrTell(
  opened: Resumable,
  prior: FileState,
  { rowBreak, stream, part, log }: { rowBreak: Buffer | undefined; stream: string; part: Part; log: Log },
): Promise<Start | undefined> {
  const found = await resumeAt(opened, prior, rowBreak);
  const facts = { stream, file: part.file.key };
  if (found?.again) {
    const message = 'The last row of the file has grown: it is sent again, with what followed it';
    log.info(message, { ...facts, line: found.line });
  }
  if (found !== undefined) return found;
  const shrunk = opened.size < prior.size;
  const message = `The file ${shrunk ? 'became shorter' : 'was rewritten'}: it is read from the beginning`;
  // Files that only grow are what append is for.
  if (part.entry.mode === 'append') log.warn(message, facts);
  else log.info(message, facts);
  return undefined;
}
