import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Log, Problem } from '../../../singer/index.ts';
import { loadKeys } from '../../../transforms/config/keys.ts';
import type { Keys } from '../../../transforms/keys.ts';
import { keepingLog } from '../../support/memory-tap.ts';
import { recordOf, schemaOf, transform } from './run.ts';

const HEX = createHash('sha256').update('a key for tests').digest('hex');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapline-keys-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Loaded {
  readonly keys: Keys;
  readonly problems: readonly Problem[];
  readonly log: ReturnType<typeof keepingLog>;
  readonly concealed: readonly string[];
}

async function load(given: object): Promise<Loaded> {
  const problems: Problem[] = [];
  const concealed: string[] = [];
  const log = keepingLog();
  const listening: Log = { ...log, conceal: (secrets) => void concealed.push(...secrets) };
  const keys = await loadKeys(given as never, problems, listening);
  return { keys, problems, log, concealed };
}

async function ofVariable(text: string | undefined): Promise<Loaded> {
  vi.stubEnv('TEST_PII_KEY', text);
  return load({ pii: { env: 'TEST_PII_KEY' } });
}

describe('a key that is none is refused before anything is read', () => {
  test.each([
    ['not set', undefined, /is not set/],
    ['empty', '', /is empty/],
    ['spaces', '   \n', /is empty/],
    ['short', 'kT9#vLq2!xZ7@pR4$mN8&', /shorter than 32 bytes/],
    ['hexadecimal and short', HEX.slice(0, 40), /shorter than 32 bytes/],
    ['a name nobody expanded', '$PII_KEY', /nobody put a value for/],
    ['the same in braces', '${PII_KEY_OF_THE_PRODUCTION_SYSTEM}', /nobody put a value for/],
    ['one character', 'a'.repeat(40), /repetitive/],
    ['a word again and again', 'changeme'.repeat(6), /repetitive/],
    ['well known', 'this-is-a-very-secret-key-change-me-in-production', /well-known/],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789', /repetitive|well-known/],
    ['rising bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex'), /repetitive/],
    ['zeros', '0'.repeat(64), /repetitive/],
    ['few different bytes', 'deadbeefcafe'.repeat(6).slice(0, 64), /repetitive/],
  ])('%s', async (_, text, message) => {
    const { keys, problems } = await ofVariable(text);
    expect(problems).toEqual([{ path: 'keys.pii', message: expect.stringMatching(message) as string }]);
    expect(keys.find('pii')).toBeUndefined();
    if (text !== undefined && text.trim() !== '') expect(JSON.stringify(problems)).not.toContain(text);
  });

  test('a file that is not there', async () => {
    const { problems } = await load({ pii: { file: join(folder, 'none') } });
    expect(problems).toEqual([{ path: 'keys.pii', message: 'the file cannot be read' }]);
  });

  test('two ways at once, and none', async () => {
    const { problems } = await load({ a: { env: 'A', file: 'b' }, b: {}, c: { ephemeral: false } });
    expect(problems.map(({ path }) => path)).toEqual(['keys.a', 'keys.b', 'keys.c']);
  });

  test('a value where the name of a variable belongs is neither printed nor logged', async () => {
    for (const env of [`${HEX}=`, HEX, '', 'a key, as text, with more than enough characters']) {
      const { concealed, log, problems } = await load({ pii: { env } });
      expect(problems).toHaveLength(1);
      if (env === '') continue;
      expect(JSON.stringify([problems, log.lines])).not.toContain(env);
      expect(concealed).toContain(env);
    }
  });
});

describe('a key', () => {
  const expected = (secret: Buffer): string => createHmac('sha256', secret).update('5:email').update('ada').digest('hex');

  test.each([
    ['hexadecimal', HEX, Buffer.from(HEX, 'hex')],
    ['base64', Buffer.from(HEX, 'hex').toString('base64'), Buffer.from(HEX, 'hex')],
    ['base64url', Buffer.from(HEX, 'hex').toString('base64url'), Buffer.from(HEX, 'hex')],
    ['text', ' Zwölf Boxkämpfer jagen Viktor quer!\n', Buffer.from('Zwölf Boxkämpfer jagen Viktor quer!')],
  ])('may be %s', async (_, text, secret) => {
    const { keys, problems } = await ofVariable(text);
    expect(problems).toEqual([]);
    expect(keys.find('pii')!.mac('email').digest('ada').toString('hex')).toBe(expected(secret));
  });

  test('in a file may be text or bytes', async () => {
    const secret = Buffer.concat([Buffer.from([0xff, 0xfe]), createHash('sha256').update('bytes').digest()]);
    writeFileSync(join(folder, 'text'), `${HEX}\n`);
    writeFileSync(join(folder, 'bytes'), secret);
    const { keys, problems } = await load({ a: { file: join(folder, 'text') }, b: { file: join(folder, 'bytes') } });
    expect(problems).toEqual([]);
    expect(keys.find('a')!.mac('email').digest('ada').toString('hex')).toBe(expected(Buffer.from(HEX, 'hex')));
    expect(keys.find('b')!.mac('email').digest('ada').toString('hex')).toBe(expected(secret));
  });

  test('is told by 8 digits alone, and concealed in every form', async () => {
    const { concealed, log, keys } = await ofVariable(HEX);
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'Key read',
        fields: { key: 'pii', fingerprint: expect.stringMatching(/^[\da-f]{8}$/) as string },
      },
    ]);
    expect(keys.find('pii')!.id).toBe('pii');
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(concealed).toContain(Buffer.from(HEX, 'hex').toString(form));
  });

  test('that is random never fails the checks', async () => {
    for (let i = 0; i < 500; i++) {
      const bytes = randomBytes(32);
      for (const form of ['hex', 'base64', 'base64url'] as const) {
        const { problems } = await ofVariable(bytes.toString(form));
        expect(problems, bytes.toString(form)).toEqual([]);
      }
    }
  });

  test('of a domain tells nothing of another, though their names run into each other', async () => {
    const { keys } = await ofVariable(HEX);
    const of = (domain: string, text: string): string => keys.find('pii')!.mac(domain).digest(text).toString('hex');
    expect(of('ab', 'c')).not.toBe(of('a', 'bc'));
    expect(of('email', 'x')).not.toBe(of('phone', 'x'));
    expect(of('email', 'x')).toBe(of('email', 'x'));
  });

  test('for one run only differs from run to run', async () => {
    const one = await load({ k: { ephemeral: true } });
    const two = await load({ k: { ephemeral: true } });
    expect(one.keys.find('k')!.mac('d').digest('x')).not.toEqual(two.keys.find('k')!.mac('d').digest('x'));
  });
});

describe('a list of keys', () => {
  const OTHER = createHash('sha256').update('an older key for tests').digest('hex');
  const list = [
    { id: '2027', env: 'TEST_PII_KEY' },
    { id: '2026', env: 'TEST_OLD_KEY' },
  ];
  beforeEach(() => {
    vi.stubEnv('TEST_PII_KEY', HEX);
    vi.stubEnv('TEST_OLD_KEY', OTHER);
  });

  test('the first is used, each has a name', async () => {
    const { keys } = await load({ pii: list });
    expect(keys.find('pii')!.id).toBe('pii.2027');
    expect(keys.find(undefined)!.id).toBe('pii.2027');
    expect(keys.find('pii.2026')!.id).toBe('pii.2026');
  });

  test('each must have an id of its own', async () => {
    const { problems } = await load({ pii: [list[0], { env: 'TEST_OLD_KEY' }], b: [list[0], list[0]], c: [] });
    expect(problems.map(({ path }) => path)).toEqual(['keys.pii', 'keys.b', 'keys.c']);
  });

  test('a field can have the token of both for a while', async () => {
    const step = { pseudonymize: { key: 'pii.2026', domain: 'email', also: { email_v2: 'new' } } };
    const config = { keys: { pii: list }, transforms: { s: { fields: { email: step } } } };
    const input = [schemaOf('s', { email: { type: 'string' } }), recordOf('s', { email: 'ada' }), recordOf('s', { email: null })];
    const result = await transform(config, input);
    const token = (key: string): string =>
      createHmac('sha256', Buffer.from(key, 'hex')).update('5:emailada').digest('hex').slice(0, 32);
    expect(result.records()).toEqual([
      { email: token(OTHER), email_v2: token(HEX) },
      { email: null, email_v2: null },
    ]);
    expect(result.schema('s')!['schema']).toMatchObject({
      properties: {
        email: { type: ['string'], 'x-anonymized': 'pseudonymize', 'x-anonymized-key': 'pii.2026' },
        email_v2: { type: ['string', 'null'], 'x-anonymized': 'pseudonymize', 'x-anonymized-key': 'pii.2027' },
      },
    });
    const same = { ...config, transforms: { s: { fields: { email: { pseudonymize: { also: { email_v2: 'new' } } } } } } };
    await expect(transform(same, input)).rejects.toThrow(/would be the same token/);
    const taken = {
      ...config,
      transforms: { s: { fields: { email: { pseudonymize: { key: 'pii.2026', also: { email: 'new' } } } } } },
    };
    await expect(transform(taken, input)).rejects.toThrow(/has a field email already/);
  });
});
