import { readFile } from 'node:fs/promises';
import { isObject, parse } from '../messages.ts';
import type { Config } from '../subject.ts';

/** The caller asked in a way that cannot be answered; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The JSON object in a text. Throws UsageError, without the text. */
export function jsonObject(text: string, flag: string): Config {
  const value = parse(text);
  if (!isObject(value)) throw new UsageError(`${flag} needs a JSON object`);
  return value;
}

/** The JSON object in a file. Throws UsageError with its path and none of its contents. */
export async function jsonObjectFile(file: string, flag: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${flag} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  return jsonObject(text, `${flag} ${file}`);
}
