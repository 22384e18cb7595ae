import { existsSync } from 'node:fs';

const dist = (path) => new URL(`../dist/bundle/${path}`, import.meta.url).href;

/** Runs the plugin that `load` imports; says what to do when the package has not been built. */
export async function start(load) {
  if (!existsSync(new URL(dist('singer/run.js')))) {
    process.stderr.write('CRITICAL tapline is not built yet: run npm run build in its folder\n');
    process.exitCode = 1;
    return;
  }
  const [{ run }, { default: plugin }] = await Promise.all([import(dist('singer/run.js')), load()]);
  await run(plugin, plugin.kind === 'mapper' ? undefined : await rules(plugin.kind));
}

/** The rules that a tap's or target's own settings may hold. Only their declaration is loaded before a config has some. */
async function rules(kind) {
  const { hasRules, rulesConfig, transformSettings } = await import(dist('transforms/config/settings.js'));
  return {
    settings: transformSettings,
    areIn: (config) => hasRules(config, kind),
    open: async (config, run, how) => (await import(dist('transforms/index.js'))).openStage(rulesConfig(config, kind), run, how),
  };
}
