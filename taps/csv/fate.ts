import type { Log } from '../../singer/tap/index.ts';
import type { FoundFile } from './files.ts';
import type { Fate } from './raw.ts';
import type { FileState } from './state.ts';

const MESSAGES: Readonly<Record<Exclude<Fate, 'same'>, string>> = {
  grown: 'The file grew while it was read: the next run reads on',
  shrunk: 'The file became shorter while it was read: the next run looks at it again, and rows of before may be missing or mixed',
  rewritten: 'The file was written to while it was read: the next run looks at it again',
  replaced: 'The file was replaced while it was read: the old one was read, the next run reads the new one',
  gone: 'The file was removed while it was read: it was read to its end',
};

/**
 * At the end of a file: tells what was replaced in it, and what has happened to it since it was opened. A file that is not the same any
 * more is not done with, whatever its size and time may be in the next run.
 */
export async function withFate(
  state: FileState,
  opened: { fate(): Promise<Fate>; badBytes(): number },
  { stream, file, log, onTorn }: { stream: string; file: FoundFile; log: Log; onTorn?: (() => void) | undefined },
): Promise<FileState> {
  const replaced = opened.badBytes();
  if (replaced > 0) log.warn('Bytes that are no text were replaced by U+FFFD', { stream, file: file.key, replaced });
  const fate = await opened.fate();
  if (fate === 'same') return state;
  if (fate === 'shrunk' || fate === 'rewritten') onTorn?.();
  const facts = { stream, file: file.key };
  if (fate === 'grown') log.info(MESSAGES[fate], facts);
  else log.warn(MESSAGES[fate], facts);
  return { ...state, done: false };
}
