import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { SystemError } from '../../singer/index.ts';

/** Another run that has the ledger needs it for a moment. */
const WAIT_MS = 30_000;
const PAUSE_MS = 20;
/** A lock as old as this was left by a run that died. */
const STALE_MS = 120_000;

/** The lines of a ledger; none if there is no file yet. Throws what reading throws. */
export function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Replaces the lines of a ledger by what `change` makes of them, in one step that survives a crash. Nobody else changes it meanwhile.
 * Throws SystemError `ledger-locked`, `ledger-unwritable`.
 */
export async function changeLines(path: string, change: (lines: readonly string[]) => readonly string[]): Promise<void> {
  const lock = `${path}.lock`;
  try {
    await takeLock(lock);
    try {
      const temporary = `${path}.${process.pid}.tmp`;
      const text = change(readLines(path))
        .map((line) => `${line}\n`)
        .join('');
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      syncFolder(path);
    } finally {
      await rm(lock, { force: true });
    }
  } catch (cause) {
    if (cause instanceof SystemError) throw cause;
    throw new SystemError(`The erasure ledger cannot be written: ${path}`, {
      code: 'ledger-unwritable',
      facts: { file: path, reason: (cause as NodeJS.ErrnoException).code },
      hint: 'See that its folder is there and may be written to.',
      cause,
    });
  }
}

async function takeLock(lock: string): Promise<void> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    try {
      const file = await open(lock, 'wx', 0o600);
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(lock)) await rm(lock, { force: true });
    else if (performance.now() > until) {
      throw new SystemError(`The erasure ledger is locked by another run: ${lock}`, {
        code: 'ledger-locked',
        facts: { file: lock },
        hint: 'Wait for that run. If there is none, delete the file.',
      });
    } else await setTimeout(PAUSE_MS);
  }
}

async function isStale(lock: string): Promise<boolean> {
  const about = await stat(lock).catch(() => undefined);
  return about !== undefined && Date.now() - about.mtimeMs > STALE_MS;
}

/** So that the new name survives a crash, too. Not every system can. */
function syncFolder(path: string): void {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '.';
  try {
    const file = openSync(folder, 'r');
    fsyncSync(file);
    closeSync(file);
  } catch {
    // The file itself was synced.
  }
}
