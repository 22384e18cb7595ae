import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { check, type Check } from '../check.ts';
import { must, mustFail, sameJson, story } from '../expect.ts';
import { structuredLogConfig } from '../job.ts';
import type { Lab } from '../lab.ts';
import { line, recordLine, recordsOf, stateLine } from '../messages.ts';
import { excerpt, type Ran } from '../process.ts';
import type { Config } from '../subject.ts';
import { batch, clear, CLEAR, map, people, PEOPLE, person, run, schema, TOWNS } from './input.ts';
import { KEYS } from './ways.ts';

const MAPPER = ['mapper'] as const;
const IDS = [1, 2, 3];
const HASHES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
/** What a text may hide behind. */
const ENCODINGS = ['hex', 'base64', 'base64url'] as const;
/** Too short a part of a token may be found by chance. */
const TELLING = 12;

export const privacyChecks: readonly Check[] = [
  check(104, 'tokens need the key', MAPPER, async (lab) => {
    const input = schema() + schema(TOWNS) + people(IDS) + people(IDS, TOWNS);
    const tokens = async (settings: Config): Promise<Record<string, string[]>> => {
      const { ran, messages } = await map(lab, settings, input);
      mustNotShow(ran, Object.values(KEYS), 'a key');
      const of = (stream: string): string[] => recordsOf(messages, stream).map(({ record }) => String(record?.['secret']));
      return { [PEOPLE]: of(PEOPLE), [TOWNS]: of(TOWNS) };
    };
    const first = await tokens(lab.way('hash-field'));
    const found = first[PEOPLE]!;
    must(new Set(found).size === IDS.length, `different values need different tokens: ${found.join(', ')}`);
    must(sameJson(first, await tokens(lab.way('hash-field'))), 'another run gives other tokens');
    must(sameJson(found, first[TOWNS]), 'another stream gives other tokens');
    for (const [at, id] of IDS.entries()) {
      const value = clear(id);
      const guesses = [value, JSON.stringify(value)].flatMap((text) => [
        ...ENCODINGS.map((encoding) => Buffer.from(text).toString(encoding)),
        ...HASHES.flatMap((hash) => ENCODINGS.map((encoding) => createHash(hash).update(text).digest(encoding))),
      ]);
      const token = found[at]!.toLowerCase();
      const guessed = guesses.some((guess) => guess.length >= TELLING && samePart(token, guess.toLowerCase()));
      must(!guessed, `anybody can make the token of a value without a key: ${token}`);
    }
    if (!lab.can('hash-field-anew')) return;
    const anew = (await tokens(lab.way('hash-field-anew')))[PEOPLE]!;
    must(
      found.every((token, at) => token !== anew[at]),
      'another key gives the same tokens',
    );
  }),
  check(105, 'what is hidden is nowhere', MAPPER, async (lab) => {
    const settings = lab.can('hash-field') ? lab.way('hash-field') : lab.way('redact-field');
    const odd = [{ deep: clear(8) }, [clear(9)], null, 7].map((secret, at) => recordLine(PEOPLE, { ...person(10 + at), secret }));
    const inputs: Record<string, string> = {
      'a good run': schema() + people(IDS) + stateLine({ at: 3 }),
      'a value of another type': schema() + people(IDS) + odd.join(''),
      'a record before its SCHEMA': schema() + people(IDS) + recordLine('check_unannounced', person(4)),
      'a cut line': schema() + people(IDS) + people([4]).slice(0, -20),
      'a line that is no JSON': `${schema() + people(IDS)}{"type":"RECORD","stream":"${PEOPLE}","record":{"secret":"${clear(5)}"}\n`,
    };
    const env = { LOGLEVEL: 'DEBUG' };
    const structured = { SINGER_SDK_LOG_CONFIG: await lab.file('hidden-log.json', structuredLogConfig('DEBUG')) };
    for (const [what, input] of Object.entries(inputs)) {
      for (const how of [env, structured]) mustHide(await run(lab, settings, input, { env: how }), what);
    }
    for (const [what, cut] of [
      ['a BATCH', false],
      ['a BATCH with a broken file', true],
    ] as const) {
      const given = await batch(lab, IDS);
      const other = cut
        ? line({ ...(JSON.parse(given.message) as object), manifest: [`file://${given.path}`, `file://${given.path}.gone`] })
        : given.message;
      const ran = await run(lab, settings, schema() + other + stateLine({ at: 3 }), { env });
      if (cut) mustFail(ran, what);
      mustHide(ran, what);
      for (const { name, text } of await leftovers(lab)) must(!CLEAR.test(text), `after ${what} ${name} holds a clear value`);
    }
  }),
  check(106, 'a rule that fails lets nothing pass', MAPPER, async (lab) => {
    const settings = lab.way('failing-rule');
    const file = await batch(lab, IDS);
    for (const input of [schema() + people(IDS), schema() + file.message]) {
      const ran = await run(lab, settings, input);
      mustHide(ran, 'a rule that cannot take the value');
      must(ran.stderr.trim() !== '', `nothing is said of a rule that fails: ${story(ran)}`);
      for (const { name, text } of await leftovers(lab)) must(!CLEAR.test(text), `${name} holds a value that a rule refused`);
    }
  }),
];

/** A long part of one in the other: tokens are cut, and bear prefixes. */
function samePart(token: string, guess: string): boolean {
  return guess.includes(token.slice(-TELLING)) || token.includes(guess.slice(0, TELLING));
}

function mustHide(ran: Ran, what: string): void {
  const shown = [ran.stdout.toString(), ran.stderr].find((text) => CLEAR.test(text));
  must(
    shown === undefined,
    `${what} shows a clear value: ${excerpt(shown?.slice(Math.max(0, shown.search(CLEAR) - 100)) ?? '', 300)}`,
  );
}

function mustNotShow(ran: Ran, secrets: readonly string[], what: string): void {
  const text = `${ran.stdout.toString()}\n${ran.stderr}`;
  must(!secrets.some((secret) => text.includes(secret)), `${what} is shown: ${story(ran)}`);
}

/** The files of the lab that a run has made. */
async function leftovers(lab: Lab): Promise<{ readonly name: string; readonly text: string }[]> {
  const names = (await readdir(lab.dir)).filter((name) => !name.startsWith('given-'));
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(lab.dir, name));
      return { name, text: (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString() };
    }),
  );
}
