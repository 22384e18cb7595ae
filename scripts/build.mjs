// @ts-check
// `npm run build`: compiles the sources to dist/, and packs what the executables load into few files, dist/bundle/ (docs/decisions/0004-node-versions.md).
import { readFile, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { root, tool } from './command.mjs';

/** What bin/start.mjs loads beside the plugin, below dist/. */
const SHELL = ['singer/run.js', 'transforms/config/settings.js', 'transforms/index.js'];

/**
 * Compiles and packs. Needs the packages of package-lock.json.
 * @throws {Error} with what the compiler or the bundler said
 */
export async function build() {
  const { status, output } = await tool('typescript', 'tsc', ['-p', 'tsconfig.json']);
  if (status !== 0) throw new Error(`tsc failed:\n${output.trim()}`);
  await bundle();
}

async function bundle() {
  const { rolldown } = await import('rolldown');
  const dist = join(root, 'dist');
  const folder = join(dist, 'bundle');
  const entries = [...SHELL, ...(await plugins())].map((file) => [file.replace(/\.js$/, ''), join(dist, file)]);
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: Object.fromEntries(entries),
    // Libraries stay where npm has put them, with their licences.
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
  });
  await rm(folder, { recursive: true, force: true });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'parts/[name].js' });
  await bundle.close();
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
