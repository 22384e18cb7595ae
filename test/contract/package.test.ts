import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('[11] [12] the packed package works where it is installed, by the links npm makes', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  // The scripts would build again under the feet of other tests.
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root });
  expect(packed.status, packed.stderr).toBe(0);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const stray = files.filter(({ path }) => /^(?:test|bench|scripts|node_modules|\.)/.test(path)).map(({ path }) => path);
  expect(stray).toEqual([]);

  const installed = join(folder, 'elsewhere', 'node_modules', 'tapline');
  const links = join(folder, 'elsewhere', 'node_modules', '.bin');
  await mkdir(installed, { recursive: true });
  await mkdir(links);
  expect((await run('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed])).status).toBe(0);
  // Stands for the dependencies that an install would fetch.
  await symlink(join(root, 'node_modules'), join(installed, 'node_modules'));
  const { bin, version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    version: string;
  };
  for (const [name, path] of Object.entries(bin)) await symlink(join('..', 'tapline', path), join(links, name));

  for (const name of Object.keys(bin)) {
    const ran = await run(join(links, name), ['--version'], { cwd: folder });
    expect(ran.stdout, ran.stderr).toBe(`${name} ${version}\n`);
  }
  const csv = join(folder, 'people.csv');
  await writeFile(csv, 'id,name\n1,Ada\n2,Grace\n');
  const config = join(folder, 'tap.json');
  await writeFile(config, JSON.stringify({ files: [{ entity: 'people', path: csv, keys: ['id'] }] }));
  const read = await run('./tap-csv', ['--config', config], { cwd: links });
  expect(read.status, read.stderr).toBe(0);
  const out = join(folder, 'out');
  await writeFile(join(folder, 'target.json'), JSON.stringify({ destination_path: out }));
  const wrote = await run(join(links, 'target-jsonl'), ['--config', 'target.json'], { cwd: folder, input: read.stdout });
  expect(wrote.status, wrote.stderr).toBe(0);
  expect(await readFile(join(out, 'people.jsonl'), 'utf8')).toBe('{"id":"1","name":"Ada"}\n{"id":"2","name":"Grace"}\n');
});

test('the lockfile says what package.json says, so that npm install changes no file', async () => {
  const [own, lock] = await Promise.all(
    ['package.json', 'package-lock.json'].map(async (name) => JSON.parse(await readFile(join(root, name), 'utf8')) as object),
  );
  const locked = (lock as { packages: Record<string, object> }).packages['']!;
  const same = ['name', 'version', 'bin', 'dependencies', 'devDependencies', 'engines'];
  const chosen = (from: object) => Object.entries(from).filter(([name]) => same.includes(name));
  expect(Object.fromEntries(chosen(locked))).toEqual(Object.fromEntries(chosen(own!)));
});
