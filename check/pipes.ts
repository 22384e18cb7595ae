import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The two ends of a pipe of the operating system, as file descriptors. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

let made = 0;

/**
 * Makes a real pipe in `folder`. Node's own `pipe` stdio is a socket pair, whose buffers and closing differ from what a
 * shell gives a plugin. Throws when `mkfifo` is missing.
 */
export function makePipe(folder: string): Pipe {
  const path = join(folder, `pipe-${process.pid}-${made++}`);
  const result = spawnSync('mkfifo', [path]);
  if (result.status !== 0) throw new Error(`mkfifo ${path} failed: ${result.stderr?.toString() ?? String(result.error)}`);
  // Opened both ways first, so that opening one end does not wait for the other.
  const both = openSync(path, constants.O_RDWR);
  const readEnd = openSync(path, constants.O_RDONLY);
  const writeEnd = openSync(path, constants.O_WRONLY);
  closeSync(both);
  unlinkSync(path);
  return { readEnd, writeEnd };
}
