import { cp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { root, run } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

const CACHE = new RegExp(`\\.cjs\\.${process.version.replaceAll('.', String.raw`\.`)}-${process.platform}-${process.arch}$`);

test('V8 takes the code cache of every file that the executables load', async () => {
  const script = `
    const { readdirSync, readFileSync } = require('node:fs');
    const { join } = require('node:path');
    const { BUNDLE, cacheOf, compile, openCache } = require(${JSON.stringify(join(root, 'bin', 'load.cjs'))});
    const files = readdirSync(BUNDLE, { recursive: true }).filter((file) => file.endsWith('.cjs')).map((file) => join(BUNDLE, file));
    const refused = files.filter((file) => {
      const text = readFileSync(file);
      const cache = openCache(text, readFileSync(cacheOf(file)));
      return cache === undefined || compile(file, text, cache).cachedDataRejected;
    });
    console.log(JSON.stringify({ files: files.length, refused }));`;
  const { stdout, stderr } = await run(process.execPath, ['-e', script]);
  expect(stderr).toBe('');
  const { files, refused } = JSON.parse(stdout) as { files: number; refused: string[] };
  expect(files).toBeGreaterThan(50);
  expect(refused).toEqual([]);
});

describe('an executable works the same', () => {
  let folder: string;
  let config: string;

  beforeEach(async () => {
    folder = temporaryFolder();
    for (const part of ['bin', 'dist/bundle', 'package.json'])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const csv = join(folder, 'people.csv');
    await writeFile(csv, 'id,name\n1,Ada\n');
    config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ files: [{ entity: 'people', path: csv, keys: ['id'] }] }));
  });

  const read = () => run(process.execPath, [join(folder, 'bin', 'tap-csv'), '--config', config]);
  const caches = async () => {
    const files = await readdir(join(folder, 'dist', 'bundle'), { recursive: true });
    return files.filter((file) => CACHE.test(file)).map((file) => join(folder, 'dist', 'bundle', file));
  };

  const works = async () => {
    const { status, stdout, stderr } = await read();
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('{"type":"RECORD","stream":"people","record":{"id":"1","name":"Ada"}');
  };

  test('with the code cache, and finds what it loads while it goes', async () => {
    await works();
    const packed = join(folder, 'people.jsonl.gz');
    await writeFile(packed, gzipSync('{"name":"Ada"}\n'));
    const latin = join(folder, 'people.txt');
    await writeFile(latin, Buffer.from('name\nZo\xeb\n', 'latin1'));
    const files = [
      { entity: 'packed', path: packed, format: 'jsonl' },
      { entity: 'latin', path: latin, encoding: 'windows-1252' },
    ];
    await writeFile(config, JSON.stringify({ files }));
    const { status, stdout, stderr } = await read();
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('"record":{"name":"Ada"');
    expect(stdout).toContain('"record":{"name":"Zoë"');
  });

  test('without a code cache, and leaves none behind', async () => {
    await Promise.all((await caches()).map((file) => rm(file)));
    await works();
    expect(await caches()).toEqual([]);
  });

  test('with a code cache that was cut short or is not what was written', async () => {
    for (const [index, file] of (await caches()).entries()) {
      const bytes = await readFile(file);
      if (index % 2 === 0) await truncate(file, bytes.length / 2);
      else await writeFile(file, bytes.fill(0, bytes.length / 2));
    }
    await works();
  });

  test('when V8 runs by other flags than those of the build', async () => {
    const { stdout, status } = await run(process.execPath, [
      '--no-opt',
      '--max-old-space-size=300',
      join(folder, 'bin', 'tap-csv'),
      '--config',
      config,
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('"name":"Ada"');
  });

  test('when several start at once, and none changes a file', async () => {
    const times = async () => Promise.all((await caches()).map(async (file) => (await stat(file)).mtimeMs));
    const before = await times();
    await Promise.all([works(), works(), works()]);
    expect(await times()).toEqual(before);
  });

  test('but for a file that was changed after the build, even if it is as long as before', async () => {
    const file = join(folder, 'dist', 'bundle', 'taps', 'csv', 'index.cjs');
    const text = await readFile(file, 'utf8');
    const changed = text.replace('name: "tap-csv"', 'name: "tap-csw"');
    expect(changed).not.toBe(text);
    await writeFile(file, changed);
    const { stdout } = await run(process.execPath, [join(folder, 'bin', 'tap-csv'), '--version']);
    expect(stdout).toMatch(/^tap-csw /);
  });
});
