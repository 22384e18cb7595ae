import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// `run` owns the process, so each case is one: a small tap on the built core (`npm test` builds first).
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const TAP = `
import { run } from '${ROOT}dist/singer/run.js';
import { defineTap } from '${ROOT}dist/singer/index.js';
await run(defineTap({
  name: 'tap-small',
  summary: 'Reads nothing much.',
  settings: {
    password: { type: 'string', secret: true, description: 'A password.' },
    mode: { type: 'string', options: ['plain', 'late', 'leftover', 'noisy'], default: 'plain', description: 'What to do.' },
  },
  commands: {
    'secret show': { summary: 'Shows it.', run: async (config, run, args) => JSON.stringify([config.password, ...args]) },
    nothing: { summary: 'Prints nothing.', run: async () => '' },
  },
  async open(config, run) {
    run.log.info('Opened with ' + config.password);
    if (config.mode === 'leftover') setInterval(() => undefined, 1000);
    if (config.mode === 'late') setTimeout(() => { throw new Error('from a timer, with ' + config.password); }, 1);
    if (config.mode === 'late') await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (config.mode === 'noisy') { console.log('noise'); process.emitWarning('old thing'); }
    return { streams: [], close: async () => run.log.info('Closed') };
  },
}));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-run-'));
  await writeFile(join(folder, 'tap.mjs'), TAP);
});
afterAll(() => rm(folder, { recursive: true }));

async function start(file: string, args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [file, ...args], { cwd: folder, env: { PATH: process.env['PATH'], ...environment } });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (out.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (out.stderr += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...out };
}

const tap = (config: object, ...args: string[]) =>
  writeFile(join(folder, 'config.json'), JSON.stringify(config)).then(() =>
    start(join(folder, 'tap.mjs'), ['--config', 'config.json', ...args]),
  );

describe('run', () => {
  it('runs sub-commands, whose text alone goes to stdout', async () => {
    expect(await tap({ password: 'hunter2' }, 'secret', 'show', 'a')).toEqual({
      code: 0,
      stdout: '["hunter2","a"]\n',
      stderr: '',
    });
    expect(await tap({}, 'nothing')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('masks secrets in what a plugin logs, and closes the source', async () => {
    const { code, stdout, stderr } = await tap({ password: 'hunter2' }, '--discover');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ streams: [] });
    expect(stderr).toBe('INFO Opened with *****\nINFO Closed\n');
  });

  it('warns of unknown settings also when another one is wrong', async () => {
    const { code, stdout, stderr } = await tap({ mode: 'plane', pasword: 'hunter2' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'WARNING Unknown settings are left out: pasword (did you mean password?)',
      expect.stringMatching(/^CRITICAL mode: must be one of .*; did you mean "plain"\? code=config$/) as string,
      '',
    ]);
  });

  it('keeps what libraries print, and the notices of Node.js, away from stdout', async () => {
    const { stdout, stderr } = await tap({ mode: 'noisy' }, '--discover');
    expect(JSON.parse(stdout)).toEqual({ streams: [] });
    expect(stderr).toContain('INFO noise\n');
    expect(stderr).toContain('WARNING Notice from Node.js notice="old thing"\n');
  });

  it('reports what is thrown where nobody waits, masked, and exits 1', async () => {
    const { code, stderr } = await tap({ mode: 'late', password: 'hunter2' }, '--discover');
    expect(code).toBe(1);
    expect(stderr).toContain('CRITICAL Unexpected failure: from a timer, with *****');
  });

  it('ends though a library left a timer behind', async () => {
    expect((await tap({ mode: 'leftover' }, '--discover')).code).toBe(0);
  });

  it('reads a .env file for ENV, and the environment before it', async () => {
    await writeFile(join(folder, '.env'), 'TAP_SMALL_PASSWORD=from-file\nTAP_SMALL_MODE=plain\n');
    const args = ['--config', 'ENV', 'secret', 'show'];
    expect((await start(join(folder, 'tap.mjs'), args)).stdout).toBe('["from-file"]\n');
    expect((await start(join(folder, 'tap.mjs'), args, { TAP_SMALL_PASSWORD: 'outside' })).stdout).toBe('["outside"]\n');
  });
});

describe('bin', () => {
  it('says what to do when the package was not built', async () => {
    const bin = join(folder, 'package', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(folder, 'package', 'package.json'), '{"type": "module"}');
    await cp(join(ROOT, 'bin'), bin, { recursive: true });
    const { code, stderr } = await start(join(bin, 'tap-csv'), ['--version']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'CRITICAL tapline is not built yet: run npm run build in its folder\n' });
  });
});
