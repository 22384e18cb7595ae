import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../singer/index.ts';
import { executable, type Finished, run } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { recordOf, schemaOf } from '../unit/transforms/run.ts';

const HEX = createHash('sha256').update('the key of the tests across processes').digest('hex');
const BYTES = Buffer.from(HEX, 'hex');
/** Every spelling of the key that could stand somewhere. */
const SPELLINGS = [HEX, HEX.toUpperCase(), BYTES.toString('base64'), BYTES.toString('base64url'), BYTES.toString('latin1')];
const INPUT = [
  schemaOf('people', { email: { type: ['string', 'null'] }, phone: { type: ['string', 'null'] } }),
  recordOf('people', { email: 'ada@example.org', phone: 'ada@example.org' }),
  recordOf('people', { email: 'bob@example.org', phone: null }),
].map((message) => JSON.stringify(message));
const rules = (keys: JsonObject, more: JsonObject = {}): JsonObject => ({
  keys,
  transforms: { people: { fields: { email: { pseudonymize: { domain: 'email' } }, phone: 'pseudonymize' }, ...more } },
});

async function mapped(
  config: JsonObject,
  {
    args = [],
    env = {},
    input = INPUT,
  }: { args?: readonly string[]; env?: Record<string, string>; input?: readonly string[] } = {},
): Promise<Finished> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(
    join(folder, 'catalog.json'),
    JSON.stringify({
      streams: [{ tap_stream_id: 'people', stream: 'people', schema: (JSON.parse(INPUT[0]!) as { schema: unknown }).schema }],
    }),
  );
  writeFileSync(join(folder, 'in.singer'), `${input.join('\n')}\n`);
  const line = `"$MAPPER" ${args.join(' ')} --config config.json < in.singer`;
  return run('bash', ['-c', line], { cwd: folder, env: { MAPPER: executable('transform-records'), LOG_LEVEL: 'debug', ...env } });
}

describe('tokens', () => {
  test('are the same in every process, whether the key comes from the environment or a file, in whatever spelling', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'key'), BYTES);
    writeFileSync(join(folder, 'text'), `${BYTES.toString('base64')}\n`);
    const runs = [
      await mapped(rules({ pii: { env: 'PII_KEY' } }), { env: { PII_KEY: HEX } }),
      await mapped(rules({ pii: { env: 'PII_KEY' } }), { env: { PII_KEY: HEX } }),
      await mapped(rules({ pii: { env: 'OTHER' } }), { env: { OTHER: BYTES.toString('base64url') } }),
      await mapped(rules({ pii: { file: join(folder, 'key') } })),
      await mapped(rules({ pii: { file: join(folder, 'text') } })),
    ];
    for (const { status, stderr, stdout } of runs) {
      expect(status, stderr).toBe(0);
      expect(stdout).toBe(runs[0]!.stdout);
    }
    const [, first] = runs[0]!.stdout.split('\n').map((line) => (line === '' ? {} : (JSON.parse(line) as JsonObject)));
    const token = (domain: string): string =>
      createHmac('sha256', BYTES).update(`${domain.length}:${domain}ada@example.org`).digest('hex').slice(0, 32);
    // Another domain, another token of the same value.
    expect(first!['record']).toEqual({ email: token('email'), phone: token('people.phone') });
  });

  test.each([
    ['unset', {}, /keys\.pii: the environment variable is not set/],
    ['empty', { PII_KEY: '' }, /keys\.pii: the key in the variable is empty/],
    ['a name that the shell left as it is', { PII_KEY: '$PII_KEY' }, /nobody put a value for/],
  ])('need a key: %s', async (_, env, message) => {
    const { status, stderr, stdout } = await mapped(rules({ pii: { env: 'PII_KEY' } }), { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('the key is printed nowhere', () => {
  const key = { pii: { env: 'PII_KEY' } };
  const broken = [...INPUT, '{"type":"RECORD","stream":"people","record":{"email":'];

  test.each<[string, JsonObject, { args?: readonly string[]; input?: readonly string[] }, number]>([
    ['in a run that logs all', rules(key), {}, 0],
    ['by --about', rules(key), { args: ['--about'] }, 0],
    ['by --check', rules(key), { args: ['--check', '--catalog', 'catalog.json'] }, 0],
    ['by --explain', rules(key), { args: ['--explain'] }, 0],
    ['in an error of the input', rules(key), { input: broken }, 1],
    ['in an error of a rule', rules(key, { where: 'email < 1' }), {}, 1],
    ['in an error of the config', rules(key, { drop: 'nothing' }), {}, 2],
    ['where the key itself stands in the config', rules({ pii: HEX }), {}, 2],
    ['where it stands as the name of a variable', rules({ pii: { env: HEX } }), {}, 2],
    ['where it stands as a file', rules({ pii: { file: HEX } }), {}, 2],
  ])('%s', async (_, config, options, code) => {
    const { status, stderr, stdout } = await mapped(config, { ...options, env: { PII_KEY: HEX } });
    expect(status, stderr).toBe(code);
    for (const spelling of SPELLINGS) expect(stdout + stderr).not.toContain(spelling);
  });
});
