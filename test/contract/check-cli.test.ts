import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { executable, gone, root, run, start, type Finished } from '../support/processes.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/tmp.ts';

const TAPLINE = executable('tapline');
const READ_TABLE = join(root, 'test', 'support', 'read-table.mjs');
const fixture = (name: string): string => join(root, 'test', 'contract', 'fixtures', name);

interface Report {
  readonly name: string;
  readonly ok: boolean;
  readonly marks: Readonly<Record<string, { readonly failing: readonly number[]; readonly holds: number }>>;
  readonly statements: readonly { readonly number: number; readonly status: string; readonly reason?: string }[];
}

describe('how it is asked', () => {
  test('help and version need nothing', async () => {
    const help = await tapline(['check-tap', '--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const text of ['check-target', 'check-mapper', '--mark', '--read', 'upsert', 'nested', 'redact-field'])
      expect(help.stdout).toContain(text);
    expect((await tapline(['--version'])).stdout).toMatch(/^tapline \d+\.\d+\.\d+\n$/);
  });

  test.each([
    [[], /write check-tap, check-mapper, check-target/],
    [['check-loader', '--', 'x'], /no command "check-loader"/],
    [['check-tap'], /after "--"/],
    [['check-tap', '--'], /after "--"/],
    [['check-tap', '--colour', '--', fixture('tiny-tap')], /--colour/],
    [['check-tap', '--only', '0', '--', fixture('tiny-tap')], /--only takes numbers/],
    [['check-tap', '--mark', 'X', '--', fixture('tiny-tap')], /--mark takes S, M/],
    [['check-tap', '--set', 'fly={}', '--', fixture('tiny-tap')], /--set takes/],
    [['check-tap', '--source', 'bytes', '--', fixture('tiny-tap')], /--source takes NAME=FILE/],
    [['check-tap', '--timeout', 'soon', '--', fixture('tiny-tap')], /--timeout takes seconds/],
    [['check-tap', '--', './no-such-tap'], /no-such-tap is no executable file/],
    [['check-tap', '--', fixture('tiny-tap'), '--config', 'gone.json'], /gone\.json cannot be read/],
    [['check-tap', '--', fixture('tiny-tap'), '--config', 'ENV'], /give the settings in a file/],
  ] as const)('%j is refused with advice', async (args, advice) => {
    const { status, stdout, stderr } = await tapline(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(advice);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('strangers', () => {
  const TAP = ['--only', '35,38,43,63,66,76,85,90', '--format', 'json'];
  const TARGET = ['--only', '16,112,138-141,143,146', '--format', 'json'];

  test('a tap without faults breaks nothing', async () => {
    const { status, report } = await reportOf('check-tap', TAP, [fixture('tiny-tap')], {});
    expect(report.statements.map(({ number, status }) => [number, status])).toEqual(
      [35, 38, 43, 63, 66, 76, 85, 90].map((number) => [number, 'holds']),
    );
    expect(report.ok).toBe(true);
    expect(status).toBe(0);
  });

  test.each([
    ['late-schema', [63]],
    ['no-key', [66]],
    ['unstable', [43]],
    ['forgets', [76]],
    ['reads-stdin', [90]],
    ['fails', [38, 63, 66, 76, 85, 90]],
  ] as const)('the tap with the fault "%s" fails %j', async (fault, failing) => {
    const { status, report } = await reportOf('check-tap', TAP, [fixture('tiny-tap')], { FAULT: fault });
    const failed = report.statements.filter(({ status }) => status === 'fails').map(({ number }) => number);
    expect(failed).toEqual(expect.arrayContaining(failing.filter((number) => number !== 38)));
    expect(status).toBe(1);
    expect(report.ok).toBe(false);
  });

  test('a target is read back by a command of the caller, each time a destination of its own', async () => {
    const { options, command } = tinyTarget();
    const { status, report } = await reportOf('check-target', [...TARGET, ...options], command, {});
    expect(report.statements.filter(({ status }) => status !== 'holds')).toEqual([]);
    expect(status).toBe(0);
  });

  test.each([
    ['loses-rows', 146, 'S'],
    ['leaks', 112, '+'],
    ['invents-state', 139, 'S'],
    ['state-anyway', 143, 'S'],
  ] as const)('the target with the fault "%s" fails %i', async (fault, number, mark) => {
    const { options, command } = tinyTarget();
    const { status, report } = await reportOf('check-target', [...TARGET, ...options], command, { FAULT: fault });
    expect(report.marks[mark]?.failing).toContain(number);
    expect(status).toBe(1);
  });

  test('without a look into the destination its statements are skipped, and checks do not meet in one place', async () => {
    const folder = temporaryFolder();
    const config = file(folder, 'config.json', { folder });
    const only = ['--only', '16,110,139,141', '--format', 'json'];
    const { status, report } = await reportOf('check-target', only, [fixture('tiny-target'), '--config', config], {});
    expect(report.statements.map(({ status }) => status)).toEqual(['holds', 'skipped', 'holds', 'holds']);
    expect(status).toBe(0);
  });

  test('a destination that is to be read is asked to be one of its own', async () => {
    const config = file(temporaryFolder(), 'config.json', {});
    const asked = await tapline(['check-target', '--read', 'true', '--', fixture('tiny-target'), '--config', config]);
    expect(asked).toMatchObject({ status: 2, stdout: '' });
    expect(asked.stderr).toMatch(/write \{run\} into a text of the config, or give --before/);
  });

  test('a signal ends it, and with it the executable that would never end', async () => {
    const folder = temporaryFolder();
    const deaf = join(folder, 'deaf-target');
    writeFileSync(deaf, `#!/bin/sh\ntrap '' TERM INT\necho $$ >> "${folder}/pids"\nwhile :; do sleep 0.1; done\n`);
    chmodSync(deaf, 0o755);
    const pids = (): number[] =>
      (existsSync(`${folder}/pids`) ? readFileSync(`${folder}/pids`, 'utf8').trim().split('\n') : []).map(Number);
    const asking = start(TAPLINE, ['check-target', '--', deaf, '--config', file(folder, 'config.json', {})], {
      env: { TMPDIR: folder },
    });
    await expect.poll(() => pids().length, { timeout: 20_000 }).toBeGreaterThan(0);
    asking.child.kill('SIGTERM');
    expect(await asking.finished).toMatchObject({ status: 143 });
    await Promise.all(pids().map(async (pid) => gone(pid)));
    expect(readdirSync(folder).filter((name) => name.startsWith('check-'))).toEqual([]);
  });

  test('a tap that reads nothing without a catalog is given one with everything selected', async () => {
    const folder = temporaryFolder();
    const shy = join(folder, 'shy-tap');
    writeFileSync(
      shy,
      `#!/bin/sh\ncase "$*" in *--catalog*|*--discover*) exec ${fixture('tiny-tap')} "$@" ;; esac\necho "INFO nothing is selected" >&2\n`,
    );
    chmodSync(shy, 0o755);
    const { report } = await reportOf('check-tap', ['--only', '63,66', '--format', 'json'], [shy], {});
    expect(report.statements.map(({ status }) => status)).toEqual(['holds', 'holds']);
  });

  test('text has one line for each statement and a verdict for each mark; only S breaks the specification', async () => {
    const broken = await tapline(['check-tap', '--only', '43,63,120', '--', fixture('tiny-tap')], { FAULT: 'unstable' });
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(/^ 43 \+ {2}fails {3}.*: two discoveries differ$/m);
    expect(broken.stdout).toMatch(/^ 63 S {2}holds {3}/m);
    expect(broken.stdout).toMatch(/^120 K {2}not applicable .*: for target$/m);
    expect(broken.stdout).toMatch(/^S .* 1 hold {4}0 fail/m);
    expect(broken.stdout).toMatch(/^\+ .* 1 fail .*fail: 43$/m);
    expect(broken.stdout).toContain(
      'keeps the Singer specification, as far as it was tried. Beyond it 1 statement does not hold.',
    );
    const worse = await tapline(['check-tap', '--only', '63', '--', fixture('tiny-tap')], { FAULT: 'late-schema' });
    expect(worse.stdout).toContain('breaks the Singer specification: 63.');
    const narrowed = await tapline(['check-tap', '--only', '43,63', '--mark', 'S', '--', fixture('tiny-tap')], {
      FAULT: 'unstable',
    });
    expect(narrowed.status).toBe(0);
    expect(narrowed.stdout).not.toContain(' 43 ');
  });

  test('markdown is a table', async () => {
    const { stdout } = await tapline(['check-tap', '--only', '63', '--format', 'markdown', '--', fixture('tiny-tap')]);
    expect(stdout).toContain(
      '| 63 | S | SCHEMA comes before the first RECORD, once, and again only when it changes | holds |  |',
    );
  });

  test('a secret that the plugin shows is not shown again', async () => {
    const folder = temporaryFolder();
    const leaky = join(folder, 'leaky-tap');
    writeFileSync(leaky, '#!/bin/sh\ncat "$2" >&2\necho "CRITICAL that was my config" >&2\nexit 1\n');
    chmodSync(leaky, 0o755);
    const config = file(folder, 'config.json', { api_token: 'hush-hush-7', plain: 'shown-anyway', login: 'quiet-please-8' });
    const { status, stdout } = await tapline([
      'check-tap',
      '--only',
      '35,63',
      '--secret',
      'login',
      '--format',
      'json',
      '--',
      leaky,
      '--config',
      config,
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain('shown-anyway');
    expect(stdout).not.toContain('hush-hush-7');
    expect(stdout).not.toContain('quiet-please-8');
  });

  test('a check that takes too long is skipped', async () => {
    const folder = temporaryFolder();
    const slow = join(folder, 'slow-tap');
    writeFileSync(slow, `#!/bin/sh\nsleep 20\nexec ${fixture('tiny-tap')} "$@"\n`);
    chmodSync(slow, 0o755);
    const { report } = await reportOf('check-tap', ['--only', '63', '--timeout', '0.3', '--format', 'json'], [slow], {});
    expect(report.statements).toEqual([expect.objectContaining({ status: 'skipped', reason: 'it came to no end within 0.3 s' })]);
  });
});

describe('our own plugins, as strangers', { timeout: 300_000 }, () => {
  test('tap-csv breaks nothing', async () => {
    const folder = temporaryFolder();
    const people = file(folder, 'people.csv', 'id,name,city\n1,Ada,London\n2,"Grace, Dr.",New York\n3,Ægir 😀,\n');
    const towns = file(folder, 'towns.csv', 'town;a.b\nOslo;1\nParis;2\nRome;3\n');
    const entries = [
      { entity: 'people', path: people, keys: ['id'] },
      { entity: 'towns', path: towns, delimiter: ';' },
    ];
    const source = (name: string, path: string): string[] => [
      '--source',
      `${name}=${file(folder, `${name}.json`, { files: [{ entity: name, path }] })}`,
    ];
    const empty = file(folder, 'empty.csv', 'id,name\n');
    const broken = file(folder, 'broken.csv', 'id,name\n1,Ada\n2,Grace\n');
    writeFileSync(broken, Buffer.from([0x33, 0x2c, 0xff, 0x0a]), { flag: 'a' });
    const command = [executable('tap-csv'), '--config', file(folder, 'config.json', { files: entries })];
    const options = [...source('empty', empty), ...source('failing', broken)];
    await mustBreakNothing('check-tap', options, command, 45);
  });

  test('target-jsonl breaks nothing', async () => {
    const folder = temporaryFolder();
    const config = file(folder, 'config.json', { destination_path: join(folder, '{run}') });
    const options = ['--before', `mkdir -p "${folder}/{run}"`, '--read', `cat "${folder}/{run}/{stream}.jsonl" || true`];
    await mustBreakNothing('check-target', options, [executable('target-jsonl'), '--config', config], 50);
  });

  test('transform-records breaks nothing', async () => {
    const config = file(temporaryFolder(), 'config.json', { transforms: {} });
    await mustBreakNothing('check-mapper', [], [executable('transform-records'), '--config', config], 40);
  });

  describeWithPostgres('on a server', (url) => {
    test('target-postgres breaks nothing', async () => {
      const config = file(temporaryFolder(), 'config.json', { url: url(), default_target_schema: '{run}' });
      const options = ['--read', `"${process.execPath}" "${READ_TABLE}" "${url()}" "$RUN" "$STREAM"`];
      await mustBreakNothing('check-target', options, [executable('target-postgres'), '--config', config], 55);
    });
  });
});

async function tapline(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return run(TAPLINE, args, { env });
}

async function reportOf(
  check: string,
  options: readonly string[],
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly status: Finished['status']; readonly report: Report }> {
  const { status, stdout, stderr } = await tapline([check, ...options, '--', ...command], env);
  expect(stderr).toBe('');
  return { status, report: JSON.parse(stdout) as Report };
}

async function mustBreakNothing(
  check: string,
  options: readonly string[],
  command: readonly string[],
  atLeast: number,
): Promise<void> {
  const { status, report } = await reportOf(check, [...options, '--format', 'json'], command, {});
  expect(report.statements.filter((one) => one.status === 'fails')).toEqual([]);
  expect(report.statements.filter((one) => one.status === 'holds').length).toBeGreaterThanOrEqual(atLeast);
  expect(status).toBe(0);
}

function tinyTarget(): { readonly options: readonly string[]; readonly command: readonly string[] } {
  const folder = temporaryFolder();
  const options = [
    '--before',
    `mkdir -p "${folder}/{run}"`,
    '--after',
    `rm -r "${folder}/$RUN"`,
    '--read',
    `cat "${folder}/$RUN/$STREAM.jsonl" || true`,
  ];
  return {
    options,
    command: [fixture('tiny-target'), '--config', file(folder, 'config.json', { folder: join(folder, '{run}') })],
  };
}

/** Writes a file, JSON unless it is text, and gives its path. */
function file(folder: string, name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
