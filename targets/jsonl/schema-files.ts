import { readFile, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type JsonObject, type StreamHeader, stringifyExact } from '../../singer/index.ts';
import { type Durability, makeFolder, replaceFile, unlessMissing } from './disk.ts';
import { onDisk } from './errors.ts';

const ENDING = '.schema.json';

/** The JSON schema of a stream as compact text. */
export function schemaText({ schema }: StreamHeader): string {
  return stringifyExact(schema as JsonObject);
}

/**
 * Writes a stream's schema to `base` + `.schema.json`, in one step. A different one that is there is kept beside it under the next
 * number, `.schema.1.json`. Gives the path.
 */
export async function writeSchemaFile(base: string, header: StreamHeader, durability: Durability): Promise<string> {
  const path = `${base}${ENDING}`;
  const text = `${schemaText(header)}\n`;
  await onDisk(path, async () => {
    const before = await readFile(path, 'utf8').catch(unlessMissing);
    if (before === text) return;
    await makeFolder(dirname(path), durability);
    if (before !== undefined) await rename(path, `${base}.schema.${await nextNumber(base)}.json`);
    await replaceFile(path, text, durability);
  });
  return path;
}

async function nextNumber(base: string): Promise<number> {
  const prefix = `${basename(base)}.schema.`;
  const names = await readdir(join(base, '..'));
  const numbers = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => /^(\d+)\.json$/.exec(name.slice(prefix.length))?.[1]);
  return 1 + Math.max(0, ...numbers.map((number) => Number(number ?? 0)));
}
