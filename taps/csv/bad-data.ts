import { InputError } from '../../singer/tap/index.ts';

/** Compressed data that end too early. */
export function truncated(key: string, name: string, cause?: unknown): InputError {
  return badData(key, `${name}-truncated`, `the ${name} data end too early`, cause);
}

/** Compressed data that cannot be right. */
export function damaged(key: string, name: string, cause?: unknown): InputError {
  return badData(key, `${name}-damaged`, `the ${name} data are damaged`, cause);
}

function badData(key: string, code: string, text: string, cause: unknown): InputError {
  const hint = 'Deliver the file again in full.';
  return new InputError(`${key}: ${text}`, { code, facts: { file: key }, hint, ...(cause === undefined ? {} : { cause }) });
}
