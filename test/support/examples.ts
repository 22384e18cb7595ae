import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { FETCHED } from '../../scripts/examples/backends.mjs';
import type { Example, Work } from '../../scripts/examples/example.mjs';
import { installPackages } from '../../scripts/examples/packages.mjs';
import { openSession, type Session } from '../../scripts/examples/session.mjs';
import { TOOLS } from '../../scripts/examples/tools.mjs';
import { existingServer } from '../../scripts/postgres.mjs';
import { root } from './processes.ts';

/** With job control, as in a shell that somebody types into: without it signals do not reach what runs in the background. */
const BEGIN = `set -m; trap '[ $? = 0 ] || kill $(jobs -p) 2> /dev/null || true' EXIT`;
/** What was ended takes its time. */
const END = 'wait || true';

/** Several runs of Meltano, on a machine that is busy. */
const TIMEOUT_MS = 400_000;

export interface ExampleTests {
  /** A copy of the example with its databases and data made, in which tests may run and break what they like. */
  readonly open: (rows?: number) => Promise<Work>;
  /** Runs a command that must fail; gives what it printed. */
  readonly fails: (work: Work, command: readonly string[], env?: Record<string, string>) => Promise<string>;
  /** What the README's section "When it fails" quotes as what one sees, and none of these outputs has. */
  readonly untold: (outputs: readonly string[]) => string[];
}

/**
 * The tests that every example has: a slice of it goes through all that `npm run examples` does, and the commands of its README run as they
 * stand there. Skipped, with the reason, where a program or a server cannot be had; a failure with CI or REQUIRE_BACKENDS set.
 * @param rows how many rows the slice has
 * @param more tests of its own; they may call what they are given in tests only
 */
export async function describeExample(name: string, rows: number, more?: (tests: ExampleTests) => void): Promise<void> {
  const { example } = (await import(join(root, 'examples', name, 'example.mjs'))) as { example: Example };
  const server = inject('postgres');
  const missing = 'missing' in server ? server.missing : await missingTool(example);
  if (missing !== undefined) {
    describe.skip(`${name} (skipped: ${missing})`, () => test('runs', () => undefined));
    return;
  }
  describe(`the example ${name}`, { timeout: TIMEOUT_MS }, () => {
    let session: Session | undefined;
    const said: string[] = [];
    const opened = (): Session => {
      if (session === undefined) throw new Error('The session is opened before the tests, not while they are collected');
      return session;
    };
    const open = async (count = rows): Promise<Work> => {
      const { work } = await opened().open(name, count);
      await example.prepare(work);
      return work;
    };
    beforeAll(async () => {
      if ('missing' in server) return;
      const postgres = { ...existingServer(server.url), stopping: [] };
      session = await openSession({ say: (line) => said.push(line), given: { postgres } });
    }, TIMEOUT_MS);
    afterAll(() => session?.close(), TIMEOUT_MS);

    test('run, run again, without Meltano, killed and run again: the outcome is right and the same', async () => {
      const { counts, problems, same, legs } = await opened().run(name, rows);
      expect(problems, said.join('\n')).toEqual([]);
      expect(same).toBe(true);
      expect(counts.in).toBeGreaterThan(0);
      expect(counts.loaded).toBeGreaterThan(0);
      expect(legs.some(({ alone }) => alone !== undefined && alone.records > 0)).toBe(true);
    });

    test('every command of its README runs as it stands there', async () => {
      const work = await open();
      const [ofTheProject, own] = commandsOf(name);
      expect(ofTheProject).toEqual([`npm run examples -- ${name}`]);
      for (const folder of example.packages ?? []) await installPackages(join(work.folder, folder));
      await work.run(['bash', '-euo', 'pipefail', '-c', [BEGIN, ...own, END].join('\n')]);
    });

    more?.({
      open,
      async fails(work, command, env) {
        const ended = await work.run(command, env).then(
          () => undefined,
          (error: unknown) => String(error instanceof Error ? (error.cause ?? error.message) : error),
        );
        if (ended === undefined) throw new Error(`${command.join(' ')} did not fail`);
        return ended;
      },
      untold: (outputs) => promisesOf(name).filter((promise) => !outputs.some((output) => isToldIn(output, promise))),
    });
  });
}

/** What the `sh` blocks of a README say: the calls of `npm run examples`, which other tests are, and all else. */
function commandsOf(name: string): [string[], string[]] {
  const text = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8');
  const blocks = Array.from(text.matchAll(/^```sh\n([\s\S]*?)^```/gm), ([, block = '']) => block);
  expect(blocks.length, 'commands in the README').toBeGreaterThan(1);
  const lines = blocks.join('').split('\n');
  const ofTheProject = lines.filter((line) => line.startsWith('npm run examples')).map((line) => line.replace(/ +#.*/, ''));
  return [ofTheProject, lines.filter((line) => !line.startsWith('npm run examples'))];
}

/** What stands between backquotes in the column that says what one sees. */
function promisesOf(name: string): string[] {
  const [, section = ''] = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8').split('\n## When it fails\n');
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  const promises = rows.flatMap((row) => Array.from((row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g), ([, text = '']) => text));
  expect(promises.length, 'messages in the README').toBeGreaterThan(2);
  return promises;
}

/** `…` stands for whatever comes there in a line, a number for any number. */
function isToldIn(output: string, promise: string): boolean {
  const anyNumber = (text: string): string => text.replaceAll(/\d+/g, '0');
  const parts = anyNumber(promise).split('…');
  return anyNumber(output)
    .split('\n')
    .some((line) => {
      let from = 0;
      return parts.every((part) => {
        const at = line.indexOf(part, from);
        from = at + part.length;
        return at >= 0;
      });
    });
}

async function missingTool(example: Example): Promise<string | undefined> {
  try {
    for (const tool of example.tools) await TOOLS[tool]();
    for (const backend of example.backends) await FETCHED[backend]?.();
    return undefined;
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
