import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config, Log, Problem } from '../../singer/index.ts';
import type { Mac } from '../crypto/hmac.ts';
import type { Key, Keys } from '../keys.ts';
import { type KeyBytes, readKey } from './key-text.ts';
import type { keySource, TransformConfig } from './settings.ts';

type Source = Config<typeof keySource>;

const EPHEMERAL_BYTES = 32;

/** Reads the keys that the setting `keys` names. What is wrong is put into `problems`, never a key. */
export async function loadKeys(given: NonNullable<TransformConfig['keys']>, problems: Problem[], log: Log): Promise<Keys> {
  const keys = new Map<string, Key>();
  for (const [name, one] of Object.entries(given)) {
    const path = `keys.${name}`;
    const list = isList(one) ? one : [one];
    const ids = list.map(({ id }) => id);
    if (list.length === 0) problems.push({ path, message: 'names no key' });
    if (isList(one) && (ids.some((id) => !isName(id)) || new Set(ids).size < ids.length)) {
      problems.push({ path, message: 'must give each key of the list an id of its own: letters, digits, _ and -' });
    }
    for (const [index, source] of list.entries()) {
      const id = fullId(name, source.id);
      const key = await keyOf(source, id, { path: isList(one) ? `${path}[${index}]` : path, problems, log });
      if (key === undefined) continue;
      keys.set(id, key);
      if (index === 0) keys.set(name, key);
    }
  }
  const only = onlyName(given);
  return { names: [...keys.keys()], find: (name = only) => (name === undefined ? undefined : keys.get(name)) };
}

/**
 * The keys for a look at rules before a run: one that cannot be used, which was told, has a stand-in, so that the rules that name it are not
 * told of, too.
 */
export async function withStandIns(keys: Keys, given: NonNullable<TransformConfig['keys']>): Promise<Keys> {
  const all = new Map<string, Key>();
  for (const [name, one] of Object.entries(given)) {
    for (const { id } of isList(one) ? one : [one]) {
      const full = fullId(name, id);
      all.set(full, keys.find(full) ?? (await keyFrom(randomBytes(EPHEMERAL_BYTES), full)));
      if (!all.has(name)) all.set(name, all.get(full)!);
    }
  }
  const only = onlyName(given);
  return { names: [...all.keys()], find: (name = only) => (name === undefined ? undefined : all.get(name)) };
}

function fullId(name: string, id: string | undefined): string {
  return id === undefined ? name : `${name}.${id}`;
}

function onlyName(given: NonNullable<TransformConfig['keys']>): string | undefined {
  const [name, ...others] = Object.keys(given);
  return others.length === 0 ? name : undefined;
}

async function keyOf(
  source: Source,
  id: string,
  { path, problems, log }: { path: string; problems: Problem[]; log: Log },
): Promise<Key | undefined> {
  const read = await secretOf(source, log);
  if ('fault' in read) {
    problems.push({ path, message: read.fault });
    return undefined;
  }
  const key = await keyFrom(read.secret, id);
  log.info('Key read', { key: id, fingerprint: key.fingerprint });
  return key;
}

/** The key's bytes, or what is wrong, without a word of what was read: a variable's "name" may be the key itself, put there by mistake. */
async function secretOf({ env, ephemeral, file }: Source, log: Log): Promise<KeyBytes> {
  if ([env, file, ephemeral === true ? true : undefined].filter((way) => way !== undefined).length !== 1) {
    return { fault: 'must say one of env, file and ephemeral' };
  }
  if (ephemeral === true) return { secret: randomBytes(EPHEMERAL_BYTES) };
  if (env !== undefined && env.length >= EPHEMERAL_BYTES) log.conceal([env]);
  if (env !== undefined && !isName(env)) {
    return { fault: 'env must be the name of an environment variable, not its value (is there a $ before it?)' };
  }
  const where = env === undefined ? 'in the file' : 'in the variable';
  const given = env === undefined ? await readFile(file!).catch(() => undefined) : bytesOf(process.env[env]);
  if (given === undefined) {
    return { fault: env === undefined ? 'the file cannot be read' : 'the environment variable is not set' };
  }
  conceal(given, log);
  const read = readKey(given);
  if ('fault' in read) return { fault: `the key ${where} ${read.fault}` };
  conceal(read.secret, log);
  return read;
}

function conceal(bytes: Buffer, log: Log): void {
  const forms = [bytes.toString('utf8'), bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
  log.conceal(forms.flatMap((form) => [form, form.trim()]).filter((form) => form.length > 3));
}

async function keyFrom(secret: Uint8Array, id: string): Promise<Key> {
  // Only runs with keys need it.
  const { HmacSha256 } = await import('../crypto/hmac.ts');
  const hmac = new HmacSha256(secret);
  const macs = new Map<string, Mac>();
  const mac = (domain: string): Mac => {
    let known = macs.get(domain);
    // The length keeps one domain's texts apart from those of a domain that begins with it.
    if (known === undefined) macs.set(domain, (known = hmac.after(Buffer.from(`${Buffer.byteLength(domain)}:${domain}`))));
    return known;
  };
  return { id, fingerprint: mac('tapline key id').digest('').toString('hex', 0, 4), mac };
}

function bytesOf(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text);
}

/** A key is longer than such a name may be. */
function isName(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z_\d][\w-]{0,63}$/.test(text);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
