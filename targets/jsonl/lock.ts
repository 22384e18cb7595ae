import { writeFileSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { SystemError } from '../../singer/index.ts';
import { errorCode, unlessMissing } from './disk.ts';

/** How often the owner shows that it lives, and after which silence an owner on another machine is taken for dead. */
const HEARTBEAT_MS = 10_000;
const SILENCE_MS = 120_000;
/** The same of one who was only just writing the lock: that is done at once, or never. */
const WRITING_MS = 3_000;

/** Who holds a lock. `started` tells a process from a later one with the same number. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file at `path`, so that no second run writes to the same file. The lock of a dead process is taken over.
 * Throws SystemError `file-locked` if its owner lives.
 */
export async function takeLock(path: string): Promise<Lock> {
  const own = JSON.stringify(await me());
  while (!created(path, own)) await removeIfDead(path);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that was taken away by hand has nothing to keep fresh.
    utimes(path, now, now).catch(() => clearInterval(heartbeat));
  }, HEARTBEAT_MS).unref();
  return {
    async release() {
      clearInterval(heartbeat);
      await rm(path, { force: true });
    },
  };
}

/** False if there is such a file already. Not asynchronous: a kill in the midst would leave a lock without an owner. */
function created(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfDead(path: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(unlessMissing);
  if (found === undefined) return;
  if (await lives(found, path)) {
    throw new SystemError(`Another run is writing to ${path.replace(/\.lock$/, '')}`, {
      code: 'file-locked',
      facts: { lock: path, owner: found },
      hint: `Wait for it to end, or give this run another destination_path or custom_name. If no such run exists, delete ${path}.`,
    });
  }
  // Moved away before it is deleted: if another run was quicker and this is its fresh lock, it is put back.
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(unlessMissing);
  const moved = await readFile(aside, 'utf8').catch(unlessMissing);
  if (moved !== undefined && moved !== found) created(path, moved);
  await rm(aside, { force: true });
}

async function lives(text: string, path: string): Promise<boolean> {
  const owner = parseOwner(text);
  if (owner?.host !== hostname()) {
    // On another machine, or a lock that is only just being written: all there is to see is its age.
    const beat = await stat(path).catch(unlessMissing);
    return beat !== undefined && Date.now() - beat.mtimeMs < (owner === undefined ? WRITING_MS : SILENCE_MS);
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  const { started, ended } = await processOf(owner.pid);
  return !ended && owner.started === started;
}

async function me(): Promise<Owner> {
  const { started } = await processOf(process.pid);
  return { pid: process.pid, started, host: hostname() };
}

/**
 * When a process began, in the kernel's ticks, and whether it has ended and nobody has asked for its exit code yet, as happens in
 * containers (proc(5), fields 22 and 3 of stat). Nothing is known where there is no /proc.
 */
async function processOf(pid: number): Promise<{ readonly started: string; readonly ended: boolean }> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field, the name, is in parentheses and may hold spaces.
  const [state = '', ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { started: fields[18] ?? '', ended: state === 'Z' || state === 'X' };
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, started, host }: Partial<Owner> = JSON.parse(text);
    return pid === undefined || host === undefined ? undefined : { pid, started: started ?? '', host };
  } catch {
    return undefined; // Cut off while it was written.
  }
}
