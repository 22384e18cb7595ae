// Writes what follows from the code: docs/plugins/<name>.md, docs/types.md, docs/statements.md, taps/github/schemas/schemas.ts and the
// plugins part of meltano.yml.
// With --check it changes nothing and fails if a file is not what it would write.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCHEMAS_FILE, schemasText } from './github/schemas.mjs';
import { STATEMENTS_FILE, statementsText } from './statements.mjs';
import { transformPages } from './transform-pages.mjs';
import { TYPES_FILE, typesText } from './types.mjs';

const ROOT = new URL('../', import.meta.url);
const MARKED = /(# generated: plugins[^\n]*\n)[\s\S]*?(\n# end generated)/;

const core = async (file) => import(new URL(`dist/singer/shell/${file}.js`, ROOT).href);

/** The mapper has a folder of its own. */
const MAPPERS = { 'transform-records': 'transforms' };

/** The folders of the plugins: `taps/csv` for the executable `tap-csv`. `tapline` itself is none. */
function pluginFolders() {
  const { bin } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  return Object.keys(bin).flatMap((name) => (name === 'tapline' ? [] : (MAPPERS[name] ?? name.replace('-', 's/'))));
}

/** The generated files: path below the root, and text. */
async function generated() {
  const [{ aboutPlugin, aboutText }, { meltanoPlugins }, { allSettings }, { packageVersion }] = await Promise.all(
    ['about', 'meltano-block', 'plugin-settings', 'version'].map(core),
  );
  const { transformSettings } = await import(new URL('dist/transforms/config/settings.js', ROOT).href);
  const abouts = [];
  for (const folder of pluginFolders()) {
    const { default: plugin } = await import(new URL(`dist/${folder}/index.js`, ROOT).href);
    const settings = allSettings(plugin, plugin.kind === 'mapper' ? undefined : { settings: transformSettings });
    abouts.push(aboutPlugin(plugin, settings, packageVersion()));
  }
  const files = abouts.map((about) => [`docs/plugins/${about.name}.md`, aboutText(about, 'markdown')]);
  const meltano = readFileSync(new URL('meltano.yml', ROOT), 'utf8');
  if (!MARKED.test(meltano)) throw new Error('meltano.yml has lost its lines "# generated: plugins" and "# end generated"');
  files.push(['meltano.yml', meltano.replace(MARKED, (_, begin, end) => begin + meltanoPlugins(abouts) + end)]);
  files.push(...(await transformPages()));
  files.push([TYPES_FILE, await typesText()], [STATEMENTS_FILE, await statementsText()], [SCHEMAS_FILE, schemasText()]);
  return files;
}

async function main(check) {
  if (!existsSync(new URL('dist/singer/run.js', ROOT))) throw new Error('run npm run build first');
  const stale = [];
  for (const [path, text] of await generated()) {
    const file = new URL(path, ROOT);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(fileURLToPath(file)), { recursive: true });
    writeFileSync(file, text);
  }
  if (stale.length === 0) return;
  if (check) throw new Error(`${stale.join(', ')} do not follow from the code any more: run npm run generate`);
  process.stderr.write(`written: ${stale.join(', ')}\n`);
}

try {
  await main(process.argv.includes('--check'));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
