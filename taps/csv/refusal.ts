import { SystemError } from '../../singer/tap/index.ts';

/** The system's refusal, with what to do about it. */
export function systemError(key: string, error: unknown): SystemError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, [code: string, text: string, hint: string]>> = {
    ENOENT: ['file-not-found', 'does not exist', 'Check the path; a relative one counts from the working directory.'],
    EACCES: ['file-unreadable', 'may not be read', 'Give the user that runs the tap the right to read it.'],
    EPERM: ['file-unreadable', 'may not be read', 'Give the user that runs the tap the right to read it.'],
  };
  const [code, text, hint] = known[reason] ?? ['file-failed', `cannot be read (${reason})`, 'See the cause.'];
  return new SystemError(`${key} ${text}`, { code, facts: { file: key, reason }, hint, cause: error });
}
