import type { Entry } from '../entries.ts';
import type { FoundFile } from '../files.ts';
import { openFile } from '../open.ts';
import type { Fate } from '../raw.ts';
import type { Resumable } from '../resume.ts';
import type { Verdicts } from '../verdicts.ts';
import { Window } from '../window.ts';

/** A file of JSON lines that stands at its first line. */
export interface OpenedLines extends Resumable {
  readonly verdicts: Verdicts;
  readonly fate: () => Promise<Fate>;
  readonly badBytes: () => number;
  close(): Promise<void>;
}

/** Opens a file of JSON lines. Throws SystemError for a refusal. */
export async function openLines(file: FoundFile, entry: Entry, windowBytes: number, signal: AbortSignal): Promise<OpenedLines> {
  const opened = await openFile(file, entry, signal);
  try {
    const window = new Window(opened.source, windowBytes);
    while (window.end < MARK.length && !window.eof) await window.fill();
    if (window.bytes.subarray(0, window.end).subarray(0, MARK.length).equals(MARK)) window.start = MARK.length;
    const { size, mtime, plain, fate, badBytes } = opened;
    const verdicts = { encoding: opened.verdict };
    return { window, line: 1, size, mtime, plain, verdicts, fate, badBytes, close: () => opened.source.close() };
  } catch (error) {
    await opened.source.close();
    throw error;
  }
}

/** A byte order mark. */
const MARK = Buffer.from('\ufeff');
