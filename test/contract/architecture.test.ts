import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { root, run } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

const FOLDERS = ['singer', 'check', 'taps', 'targets', 'transforms', 'privacy', 'clients', 'bin'];

/** Libraries that a folder may import, beside Node's own. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  singer: ['ajv', 'yargs-parser'],
  check: ['ajv'],
  'taps/github': [],
  'taps/csv': ['fzstd', 'iconv-lite', 'luxon'],
  'taps/postgres': [],
  'targets/bigquery': [],
  'targets/jsonl': [],
  'targets/postgres': [],
  'clients/bigquery': [],
  'clients/gcs': [],
  'clients/google': ['@google-cloud/bigquery', 'google-auth-library'],
  'clients/postgres': ['pg'],
  transforms: ['libphonenumber-js', 'luxon'],
  privacy: [],
  bin: [],
};

/** Libraries of the core that one file alone may import. */
const ONE_FILE = ['ajv', 'yargs-parser'];

const GOOGLE = ['@google-cloud/bigquery', 'google-auth-library', 'gaxios'];

/** What each executable must not load, whatever it is asked: the libraries of other systems. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  'tap-csv': ['pg', ...GOOGLE],
  'tap-postgres': ['csv-parse', 'iconv-lite', 'fzstd', ...GOOGLE],
  'tap-github': ['pg', 'csv-parse', 'iconv-lite', 'fzstd', ...GOOGLE],
  // Its own library, too, is loaded only to connect.
  'target-bigquery': ['pg', 'csv-parse', 'iconv-lite', ...GOOGLE],
  'target-jsonl': ['pg', 'csv-parse', 'iconv-lite', ...GOOGLE],
  'target-postgres': ['csv-parse', 'iconv-lite', ...GOOGLE],
  'transform-records': ['pg', 'pg-copy-streams', 'csv-parse', 'iconv-lite', 'fzstd', ...GOOGLE],
};

const NODE = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);

interface Import {
  /** Path of the importing file below the root. */
  readonly file: string;
  readonly specifier: string;
  /** Path of the imported file below the root; undefined for a library. */
  readonly target?: string;
}

const imports = FOLDERS.flatMap((folder) => sourcesIn(folder)).flatMap((file) => importsOf(file));

describe('who may import whom', () => {
  test('there are imports to look at', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  test('own files are imported by an allowed neighbour only, and by their full name', () => {
    const wrong = imports.filter(({ file, target }) => target !== undefined && !mayImport(file, target));
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
    const nameless = imports.filter(
      ({ file, specifier }) => file.endsWith('.ts') && specifier.startsWith('.') && !/\.(?:ts|js)$/.test(specifier),
    );
    expect(nameless).toEqual([]);
  });

  test('libraries are imported only by the folder they belong to', () => {
    const wrong = imports.filter(({ file, specifier, target }) => {
      if (target !== undefined || NODE.has(specifier)) return false;
      return !(LIBRARIES[areaOf(file)] ?? []).includes(packageOf(specifier));
    });
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  test('no folder may import a library that it does not', () => {
    const used = new Set(
      imports.flatMap((one) => (one.target === undefined ? [`${areaOf(one.file)} ${packageOf(one.specifier)}`] : [])),
    );
    const allowed = Object.entries(LIBRARIES).flatMap(([area, libraries]) => libraries.map((library) => `${area} ${library}`));
    expect(allowed.filter((one) => !used.has(one))).toEqual([]);
  });

  test.each(ONE_FILE)('%s is imported by one file of the core at most', (library) => {
    const files = new Set(
      imports
        .filter(({ file, specifier }) => areaOf(file) === 'singer' && packageOf(specifier) === library)
        .map(({ file }) => file),
    );
    expect([...files].length).toBeLessThanOrEqual(1);
  });

  test('only singer/run.ts ends the process, and nothing writes to the console', () => {
    for (const file of FOLDERS.flatMap((folder) => sourcesIn(folder))) {
      const text = code(file);
      if (file !== 'singer/run.ts') expect(/\bprocess\.exit\(/.test(text), `${file} calls process.exit`).toBe(false);
      expect(/\bconsole\.(?:log|error|info|warn|debug)\(/.test(text), `${file} writes to the console`).toBe(false);
    }
  });
});

describe('every plugin', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  const plugins = Object.entries(manifest.bin).filter(([name]) => name !== 'tapline');

  test.each(plugins)('%s has an executable, a docs page and its contract tests', (name, path) => {
    expect(readFileSync(join(root, path), 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
    expect(statSync(join(root, path)).mode & 0o111).toBe(0o111);
    expect(readFileSync(join(root, 'docs', 'plugins', `${name}.md`), 'utf8')).toContain(name);
    expect(statSync(join(root, 'test', 'contract', `${name}.test.ts`)).isFile()).toBe(true);
    expect(FOREIGN[name], `FOREIGN lacks ${name}`).toBeDefined();
  });

  test.each(plugins)('%s loads no other system’s library', async (name, path) => {
    const folder = temporaryFolder();
    for (const work of [['--about', '--format', 'json'], await workOf(name, folder)]) {
      const loaded = await packagesLoaded(folder, join(root, path), work);
      expect(loaded.filter((library) => FOREIGN[name]?.includes(library))).toEqual([]);
    }
  });

  test.each(plugins.filter(([name]) => !name.startsWith('transform-')))(
    '%s without rules loads of the mapper no more than the declaration of its settings',
    async (name, path) => {
      const folder = temporaryFolder();
      const loaded = await filesLoaded(folder, join(root, path), await workOf(name, folder));
      const ofMapper = loaded.map((file) => relative(root, file)).filter((file) => file.startsWith('dist/transforms/'));
      expect(ofMapper).toEqual(['dist/transforms/config/settings.js', 'dist/transforms/fault.js']);
    },
  );

  test('transform-records loads the library of phone numbers for rules that need it, and only then', async () => {
    const folder = temporaryFolder();
    const loaded = async (step: string): Promise<string[]> => {
      const config = join(folder, `${step}.json`);
      await writeFile(config, JSON.stringify({ transforms: { people: { fields: { phone: step } } } }));
      const input = join(folder, 'people.singer');
      await writeFile(
        input,
        '{"type":"SCHEMA","stream":"people","schema":{"properties":{"phone":{"type":"string"}}},"key_properties":[]}\n',
      );
      return packagesLoaded(folder, join(root, 'bin', 'transform-records'), ['--config', config, '--input', input]);
    };
    expect(await loaded('trim')).not.toContain('libphonenumber-js');
    expect(await loaded('phone')).toContain('libphonenumber-js');
  });

  test('transform-records loads the rules and operations that its config names, and of those alone what they need', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ transforms: { people: { optional: true, fields: { name: ['trim', 'lower'] } } } }));
    const loaded = await filesLoaded(folder, join(root, 'bin', 'transform-records'), ['--config', config]);
    const parts = /^dist\/transforms\/(?:operations|rules|derivations|expression|datetime|stream-maps|transform-field|crypto)\//;
    // What every config needs, whatever it names.
    const usual = /\/(?:index|watch)\.js$/;
    const named = loaded.map((file) => relative(root, file)).filter((file) => parts.test(file) && !usual.test(file));
    expect(named).toEqual([
      'dist/transforms/operations/lower.js',
      'dist/transforms/operations/trim.js',
      'dist/transforms/rules/fields.js',
    ]);
  });

  test('the watch over loaded libraries sees them', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'loads.mjs');
    await writeFile(
      script,
      `await import(${JSON.stringify(pathToFileURL(join(root, 'node_modules', 'pg', 'lib', 'index.js')).href)});`,
    );
    expect(await packagesLoaded(folder, script, [])).toContain('pg');
  });
});

function mayImport(file: string, target: string): boolean {
  const [from, to] = [areaOf(file), areaOf(target)];
  if (from === to) return true;
  if (from === 'bin')
    return target === 'singer/run.ts' || to.startsWith('taps/') || to.startsWith('targets/') || to === 'transforms';
  const isPlugin = from.startsWith('taps/') || from.startsWith('targets/') || from === 'transforms';
  if (isPlugin || from.startsWith('clients/')) {
    return (
      target === 'singer/index.ts' ||
      // A tap loads no more of the core for the sake of its client.
      (from.startsWith('clients/') && ['singer/errors.ts', 'singer/retry.ts'].includes(target)) ||
      // What all of Google's services share.
      (['clients/bigquery', 'clients/gcs'].includes(from) && to === 'clients/google') ||
      (from === 'transforms' && target === 'singer/mapper/index.ts') ||
      (from.startsWith('taps/') && target === 'singer/tap/index.ts') ||
      (isPlugin && (to.startsWith('clients/') || to === 'privacy'))
    );
  }
  return false;
}

/** The system a file belongs to: `singer`, `taps/csv`, … */
function areaOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return ['taps', 'targets', 'clients'].includes(first) ? `${first}/${second}` : first;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (folder === 'bin' || entry.name.endsWith('.ts')))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const pattern =
    /(?:^|[;}\s])(?:import|export)\s+(?:type\s+)?(?:[^'"();]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const [, fixed, lazy] of code(file).matchAll(pattern)) {
    const specifier = fixed ?? lazy ?? '';
    const own = specifier.startsWith('.');
    // Executables run what was built; what they name there stands for its source.
    const target = own ? normalize(join(dirname(file), specifier)) : undefined;
    found.push({ file, specifier, ...(target === undefined ? {} : { target }) });
  }
  // Executables name files of the bundle, which stand for their sources, and require the rest.
  const required = /\b(?:start|bundled)\('([^']+)'\)|\brequire\('([^']+)'\)/g;
  for (const [, bundled, other] of file.startsWith('bin/') ? code(file).matchAll(required) : []) {
    const specifier = bundled ?? other!;
    if (bundled !== undefined) found.push({ file, specifier, target: bundled.replace(/\.cjs$/, '.ts') });
    else found.push({ file, specifier, ...(specifier.startsWith('.') ? { target: join('bin', specifier) } : {}) });
  }
  return found;
}

/** A source without its comments. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');
}

async function configFile(folder: string): Promise<string> {
  const csv = join(folder, 'people.csv');
  await writeFile(csv, 'id,name\n1,Ada\n');
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify({ files: [{ entity: 'people', path: csv }] }));
  return path;
}

/** A config whose server is not there. */
const UNREACHABLE = 'unreachable.json';

/** Arguments with which an executable does some work. */
async function workOf(name: string, folder: string): Promise<string[]> {
  // When it is known that nobody listens there, all that a connection needs is loaded.
  if (name === 'tap-postgres') {
    const config = join(folder, UNREACHABLE);
    await writeFile(config, JSON.stringify({ url: 'postgresql://nobody@127.0.0.1:1/none' }));
    return ['--discover', '--config', config];
  }
  if (name === 'tap-github') {
    const config = join(folder, 'github.json');
    await writeFile(config, JSON.stringify({ api_url_base: 'http://127.0.0.1:1', repositories: ['octo/one'] }));
    return ['--discover', '--config', config];
  }
  if (name.startsWith('tap-')) return ['--discover', '--config', await configFile(folder)];
  if (name.startsWith('transform-')) return [];
  return ['--about', '--format', 'json'];
}

/** Names of the packages of which a Node script loads any file, or a part of the bundle that holds any. */
async function packagesLoaded(folder: string, script: string, args: readonly string[]): Promise<string[]> {
  const found = (await filesLoaded(folder, script, args)).flatMap(
    (file) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  return [...new Set(found)].sort();
}

/** Paths of the files that a Node script loads; of the bundle's parts, those of the modules in them. */
async function filesLoaded(folder: string, script: string, args: readonly string[]): Promise<string[]> {
  const record = join(folder, 'loaded.txt');
  const hooks = join(folder, 'hooks.mjs');
  const watch = join(folder, 'watch.mjs');
  await writeFile(record, '');
  // Imports pass the hook; what is required inside of old-style modules stands in the require cache at the end.
  await writeFile(
    hooks,
    `import { appendFileSync } from 'node:fs';
     export async function load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context); }`,
  );
  await writeFile(
    watch,
    `import { appendFileSync } from 'node:fs';
     import module from 'node:module';
     module.register(${JSON.stringify(pathToFileURL(hooks).href)});
     process.on('exit', () => appendFileSync(process.env.LOADED, Object.keys(module._cache).join('\\n') + '\\n'));`,
  );
  const ran = await run(process.execPath, ['--import', pathToFileURL(watch).href, script, ...args], { env: { LOADED: record } });
  expect(ran.status, ran.stderr).toBe(args.some((arg) => arg.endsWith(UNREACHABLE)) ? 1 : 0);
  const paths = (await readFile(record, 'utf8'))
    .split('\n')
    .map((place) => (place.startsWith('file:') ? fileURLToPath(place) : place))
    .filter((place) => place.startsWith('/'));
  return [...new Set(paths.flatMap(modulesIn))].sort();
}

/** The modules that a part of the bundle was made of; of any other file, itself. */
function modulesIn(file: string): string[] {
  if (!relative(root, file).startsWith('dist/bundle/')) return [file];
  return [...readFileSync(file, 'utf8').matchAll(/^\s*\/\/ ((?:dist|node_modules)\/\S+\.m?js)$/gm)].map(([, module]) =>
    join(root, module!),
  );
}
