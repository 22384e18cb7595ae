// @ts-check
// `npm run build`: compiles the sources to dist/, packs what the executables load into few files, dist/bundle/, and leaves V8's code cache
// beside each (docs/decisions/0004-node-versions.md).
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { root, tool } from './command.mjs';

const require = createRequire(import.meta.url);
/** @type {typeof import('../bin/load.cjs')} */
const { BUNDLE, cacheOf, compile, sealCache } = require('../bin/load.cjs');

/** What bin/start.cjs loads beside the plugin, below dist/. */
const SHELL = ['singer/run.js', 'transforms/config/settings.js', 'transforms/index.js'];

/** Libraries that are packed, with all that they need: they are small, and every run of some executable loads them. */
const PACKED = ['pg', 'yargs-parser'];

/**
 * Compiles and packs. Needs the packages of package-lock.json.
 * @throws {Error} with what the compiler or the bundler said
 */
export async function build() {
  const { status, output } = await tool('typescript', 'tsc', ['-p', 'tsconfig.json']);
  if (status !== 0) throw new Error(`tsc failed:\n${output.trim()}`);
  const files = await bundle();
  await writeCodeCache(files);
}

/** Gives the paths of the files. */
async function bundle() {
  const { rolldown } = await import('rolldown');
  const dist = join(root, 'dist');
  const entries = [...SHELL, ...(await plugins())].map((file) => [file.replace(/\.js$/, ''), join(dist, file)]);
  const packed = new Set(PACKED.flatMap(withDependencies));
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: Object.fromEntries(entries),
    // The other libraries stay where npm has put them.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !packed.has(packageOf(id)),
  });
  await rm(BUNDLE, { recursive: true, force: true });
  // V8 has no cache for ES modules that a program could fill.
  const { output } = await bundle.write({
    dir: BUNDLE,
    format: 'cjs',
    exports: 'named',
    plugins: [{ name: 'import', renderChunk: (code) => code.replaceAll(/\bimport\((?="[^"]+"\))/g, 'importModule(') }],
    entryFileNames: '[name].cjs',
    chunkFileNames: 'parts/[name].cjs',
  });
  await bundle.close();
  await writeFile(join(BUNDLE, 'LICENSES.txt'), await licences(packed));
  return output.map(({ fileName }) => join(BUNDLE, fileName));
}

/** Compiles all functions of each file, not only those that are called while it is loaded. @param {readonly string[]} files */
async function writeCodeCache(files) {
  for (const file of files) {
    const text = await readFile(file);
    setFlagsFromString('--no-lazy');
    const script = compile(file, text);
    // The cache is good for the flags of this moment: those of any run.
    setFlagsFromString('--lazy');
    await writeFile(cacheOf(file), sealCache(text, script.createCachedData()));
  }
}

/** A package and all that it needs. @param {string} name @returns {string[]} */
function withDependencies(name) {
  const { dependencies = {} } = require(join(root, 'node_modules', name, 'package.json'));
  return [name, ...Object.keys(dependencies).flatMap(withDependencies)];
}

/** @param {string} id */
function packageOf(id) {
  return id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The licences of packages, which must go where their code goes. @param {ReadonlySet<string>} packages */
async function licences(packages) {
  const texts = [...packages].toSorted().map(async (name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = require(join(folder, 'package.json'));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

/** The modules of the taps and targets that package.json exports, below dist/. */
async function plugins() {
  /** @type {{ exports: Record<string, string> }} */
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([name, file]) =>
    /^\.\/(?:taps|targets)\//.test(name) ? [file.replace('./dist/', '')] : [],
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await build().catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
