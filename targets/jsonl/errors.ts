import { SystemError } from '../../singer/index.ts';

interface Advice {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const DISK_FULL: Advice = {
  code: 'disk-full',
  message: 'The disk is full',
  hint: 'Make room and run again: no state was passed on for what is not written.',
};
const NOT_ALLOWED: Advice = {
  code: 'permission-denied',
  message: 'No permission to write',
  hint: 'Give this user the right to write to destination_path, or choose another folder.',
};
const NOT_A_FOLDER: Advice = {
  code: 'destination-not-a-folder',
  message: 'The destination is not what it should be',
  hint: 'destination_path must be a folder, and the files in it plain files.',
};

/** What the operating system says, and what the user can do about it. */
const ADVICE: Readonly<Record<string, Advice>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EFBIG: DISK_FULL,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
  ENOTDIR: NOT_A_FOLDER,
  EISDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
};

/** Does `work` on `path`; what the file system refuses becomes a SystemError that says where and what to do. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) throw cause;
    const reason = String(cause.code);
    const advice = ADVICE[reason] ?? {
      code: 'file-error',
      message: 'The file system failed',
      hint: 'See the cause, then run again.',
    };
    throw new SystemError(`${advice.message}: ${path} (${reason})`, {
      code: advice.code,
      facts: { path, reason, syscall: cause.syscall },
      hint: advice.hint,
      cause,
    });
  }
}
