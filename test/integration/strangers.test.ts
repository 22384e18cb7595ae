import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { findPeer } from '../support/peers.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { executable, root, run, type Finished } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

const PEOPLE = 'id,name,born\n1,Ada,1815-12-10\n2,"Grace, Dr.",1906-12-09\n3,Ægir 😀,\n';
/** The peers' pair takes about a hundred times as long per row; this much is held however busy the machine is. */
const FACTOR = 3;

await withPeer('singer-tools', (program) => {
  test('[181] singer-check-tap accepts what tap-csv prints, without a catalog, at first and with a state', async () => {
    const { folder, config } = source();
    const check = `"${program('singer-check-tap')}"`;
    const first = await shell(folder, `"$TAP" --config ${config} | tee first | ${check}`);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toContain('3 record messages');
    const state = `grep '"STATE"' first | tail -1 > state.json`;
    const second = await shell(folder, `${state}; "$TAP" --config ${config} --state state.json | ${check}`);
    expect(second.status, second.stderr).toBe(0);
    expect(second.stdout).toContain('The output is valid');
  });
});

await withPeer('singer-sdk-testing', (program) => {
  test('[185] the tap suite of the Meltano SDK passes on tap-csv', async () => {
    const { folder, config } = source();
    const { status, stdout } = await run(
      program('python'),
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(root, 'test/support/sdk-suite')],
      {
        cwd: folder,
        env: { SUITE_TAP: executable('tap-csv'), SUITE_CONFIG: config, SUITE_FOLDER: folder, PYTHONDONTWRITEBYTECODE: '1' },
      },
    );
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/\b(?:[1-9]\d+|[5-9]) passed/);
  });
});

await withPeer('target-jsonl', (program) => {
  test('[183] the Python target-jsonl loads what tap-csv prints', async () => {
    const { folder, config } = source();
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'target.json'), JSON.stringify({ destination_path: 'out', do_timestamp_file: false }));
    const { status, stdout, stderr } = await shell(
      folder,
      `"$TAP" --config ${config} | "${program('target-jsonl')}" --config target.json`,
    );
    expect(status, stderr).toBe(0);
    expect(Object.keys((JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { bookmarks: object }).bookmarks)).toEqual([
      'people',
    ]);
    const rows = readFileSync(join(folder, 'out', 'people.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual([
      { id: '1', name: 'Ada', born: '1815-12-10' },
      { id: '2', name: 'Grace, Dr.', born: '1906-12-09' },
      { id: '3', name: 'Ægir 😀', born: '' },
    ]);
  });

  test(`[186] tap-csv into target-jsonl is at least ${FACTOR} times as fast as two programs on Python libraries`, async () => {
    const sdk = await findPeer('singer-sdk-testing');
    if ('missing' in sdk) throw new Error(sdk.missing);
    const few = source(lines(8_000));
    const many = source(lines(200_000));
    for (const { folder } of [few, many]) {
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'target.json'), JSON.stringify({ destination_path: 'out' }));
      writeFileSync(join(folder, 'peer.json'), JSON.stringify({ entity: 'people', path: join(folder, 'people.csv') }));
    }
    const theirs = await timed(
      shell(
        few.folder,
        `"${sdk.program('python')}" "${join(root, 'bench/peers/tap_csv.py')}" --config peer.json | "${program('target-jsonl')}" --config target.json`,
      ),
    );
    const ours = await timed(shell(many.folder, `"$TAP" --config ${many.config} | "$TARGET" --config target.json`));
    expect(statSync(join(many.folder, 'out', 'people.jsonl')).size).toBeGreaterThan(200_000 * 150);
    expect(200_000 / ours / (8_000 / theirs)).toBeGreaterThan(FACTOR);
  });
});

for (const [peer, database] of [
  ['meltanolabs-target-postgres', 'database'],
  ['pipelinewise-target-postgres', 'dbname'],
] as const) {
  await withPeer(peer, (program) => {
    describeWithPostgres('on a server', (url) => {
      test(`[183] ${peer} loads what tap-csv prints`, async () => {
        const { folder, config } = source();
        const { hostname: host, port, username: user, pathname } = new URL(url());
        const target = {
          host,
          port: Number(port),
          user,
          password: 'none',
          [database]: pathname.slice(1),
          default_target_schema: 'theirs',
        };
        writeFileSync(join(folder, 'target.json'), JSON.stringify(target));
        const { status, stderr } = await shell(
          folder,
          `"$TAP" --config ${config} | "${program('target-postgres')}" --config target.json`,
        );
        expect(status, stderr).toBe(0);
        const client = new Client({ connectionString: url() });
        await client.connect();
        const { rows } = await client.query('SELECT id, name FROM theirs.people ORDER BY id');
        await client.end();
        expect(rows).toEqual([
          { id: '1', name: 'Ada' },
          { id: '2', name: 'Grace, Dr.' },
          { id: '3', name: 'Ægir 😀' },
        ]);
      });
    });
  });
}

/** Tests with a Python package; skipped, with the reason, where it cannot be had. */
async function withPeer(name: Parameters<typeof findPeer>[0], body: (program: (name: string) => string) => void): Promise<void> {
  const found = await findPeer(name);
  if ('missing' in found) describe.skip(`${name} (skipped: ${found.missing})`, () => body(() => ''));
  else describe(name, () => body(found.program));
}

/** A folder with people.csv and a config of tap-csv for it. */
function source(text = PEOPLE): { readonly folder: string; readonly config: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'people.csv'), text);
  writeFileSync(join(folder, 'tap.json'), JSON.stringify({ files: [{ entity: 'people', path: 'people.csv', keys: ['id'] }] }));
  return { folder, config: 'tap.json' };
}

const lines = (count: number): string =>
  `id,name,text\n${Array.from({ length: count }, (_, id) => `${id},name ${id},${'x'.repeat(150)}\n`).join('')}`;

async function shell(folder: string, script: string): Promise<Finished> {
  const env = { TAP: executable('tap-csv'), TARGET: executable('target-jsonl') };
  return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env });
}

/** Seconds that a run takes; it must succeed. */
async function timed(running: Promise<Finished>): Promise<number> {
  const began = performance.now();
  const { status, stderr } = await running;
  expect(status, stderr).toBe(0);
  return (performance.now() - began) / 1000;
}
