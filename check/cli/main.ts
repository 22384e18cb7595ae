import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksFor, runCheck, Skipped, statements, type Statement, type Subject } from '../index.ts';
import { helpText } from './help.ts';
import { readOptions, type Ask } from './options.ts';
import { reporter, type Finding } from './report.ts';
import { masker } from './secrets.ts';
import { describeStranger } from './stranger.ts';
import { UsageError } from './usage.ts';

const COMMANDS: Readonly<Record<string, Ask['kind']>> = {
  'check-tap': 'tap',
  'check-mapper': 'mapper',
  'check-target': 'target',
};

/** Where text goes to. */
export interface Out {
  stdout(text: string): void;
  stderr(text: string): void;
}

/**
 * The executable `tapline`.
 * @param argv what stands after the executable
 * @param signal ends it early: the executables it has started are killed, its files removed
 * @returns its exit code: 0 if no statement fails, 1 if one does or it was ended early, 2 if the question cannot be asked this way
 */
export async function main(argv: readonly string[], out: Out, signal?: AbortSignal): Promise<number> {
  const [command = '', ...rest] = argv;
  const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length);
  if ([command, ...options].some((word) => word === '--help' || word === '-h')) {
    out.stdout(helpText());
    return 0;
  }
  if (command === '--version') {
    out.stdout(`tapline ${await version()}\n`);
    return 0;
  }
  try {
    const kind = COMMANDS[command];
    if (kind === undefined)
      throw new UsageError(
        `${command === '' ? 'A command is missing' : `There is no command "${command}"`}: write ${Object.keys(COMMANDS).join(', ')}`,
      );
    return await answer({ ...(await readOptions(kind, rest)), signal }, out);
  } catch (error) {
    if (error instanceof Skipped && signal?.aborted === true) return 1;
    if (!(error instanceof UsageError)) throw error;
    out.stderr(`tapline: ${error.message}. See tapline --help\n`);
    return 2;
  }
}

async function answer(ask: Ask, out: Out): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  try {
    const subject = await describeStranger(ask, folder);
    const mask = masker(ask.config, ask.secret);
    const report = reporter(ask.format, subject);
    out.stdout(report.begin());
    const findings: Finding[] = [];
    for (const statement of asked(ask)) {
      const finding = await find(statement, subject, ask, mask);
      if (ask.signal?.aborted === true) return 1;
      findings.push(finding);
      out.stdout(report.finding(finding));
    }
    out.stdout(report.end(findings));
    return findings.some(({ status }) => status === 'fails') ? 1 : 0;
  } finally {
    if (!ask.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** The statements that are asked for: those that bind this kind of plugin, or the very numbers given. */
function asked({ kind, only, marks }: Ask): readonly Statement[] {
  return statements.filter(
    (statement) =>
      (only === undefined ? statement.appliesTo.includes(kind) : only.has(statement.number)) &&
      statement.marks.some((mark) => marks.has(mark)),
  );
}

async function find(statement: Statement, subject: Subject, ask: Ask, mask: (text: string) => string): Promise<Finding> {
  if (!statement.appliesTo.includes(subject.kind))
    return { statement, status: 'not applicable', reason: `for ${statement.appliesTo.join(', ')}` };
  const check = checksFor(subject).find(({ number }) => number === statement.number);
  if (check === undefined) return { statement, status: 'skipped', reason: 'it takes more than a run of a stranger to tell' };
  const verdict = await runCheck(check, subject, ask);
  if (verdict.status === 'holds') return { statement, status: 'holds' };
  const text =
    verdict.status === 'skipped'
      ? verdict.reason
      : verdict.error instanceof Error
        ? verdict.error.message
        : String(verdict.error);
  return { statement, status: verdict.status, reason: mask(text) };
}

async function version(): Promise<string> {
  const manifest = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}
