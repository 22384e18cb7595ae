import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Log, Problem } from '../../singer/index.ts';
import type { Key, Keys } from '../keys.ts';
import type { TransformConfig } from './settings.ts';

type Given = NonNullable<TransformConfig['keys']>[string];

/** Shorter than this a key can be guessed. */
const LEAST_BYTES = 32;

/** Reads the keys that the setting `keys` names. What is wrong is put into `problems`, never a key. */
export async function loadKeys(given: Readonly<Record<string, Given>>, problems: Problem[], log: Log): Promise<Keys> {
  const keys = new Map<string, Key>();
  for (const [name, source] of Object.entries(given)) {
    const secret = await secretOf(source, `keys.${name}`, problems);
    if (secret === undefined) continue;
    log.conceal([secret.toString('utf8'), secret.toString('hex'), secret.toString('base64')]);
    keys.set(name, keyOf(secret));
  }
  const names = [...keys.keys()];
  return {
    names,
    find: (name) => (name === undefined ? (keys.size === 1 ? keys.get(names[0]!) : undefined) : keys.get(name)),
  };
}

async function secretOf({ env, ephemeral, file }: Given, path: string, problems: Problem[]): Promise<Buffer | undefined> {
  const problem = (message: string): undefined => void problems.push({ path, message });
  if ([env, file, ephemeral === true ? true : undefined].filter((way) => way !== undefined).length !== 1) {
    return problem('must say one of env, file and ephemeral');
  }
  if (ephemeral === true) return randomBytes(LEAST_BYTES);
  const text = env === undefined ? await readFile(file!, 'utf8').catch(() => undefined) : process.env[env];
  const source = env === undefined ? `the file ${file}` : `the variable ${env}`;
  if (text === undefined) return problem(env === undefined ? `${source} cannot be read` : `${source} is not set`);
  const secret = Buffer.from(text.trim());
  if (secret.length === 0) return problem(`${source} is empty`);
  if (secret.length < LEAST_BYTES) return problem(`${source} holds fewer than ${LEAST_BYTES} characters`);
  return secret;
}

function keyOf(secret: Buffer): Key {
  const hmac = (domain: string, text: string): Buffer =>
    // The length keeps one domain's texts apart from those of a domain that begins with it.
    createHmac('sha256', secret)
      .update(`${Buffer.byteLength(domain)}:${domain}`)
      .update(text)
      .digest();
  return { id: hmac('tapline key id', '').toString('hex').slice(0, 8), hmac };
}
