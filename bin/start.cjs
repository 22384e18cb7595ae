// @ts-check
const { existsSync } = require('node:fs');
const path = require('node:path');
const { BUNDLE, load } = require('./load.cjs');

/** @param {string} file below dist/bundle/ */
const bundled = (file) => load(path.join(BUNDLE, file));

/** Runs the plugin of a file of the bundle; says what to do when the package has not been built. @param {string} file */
exports.start = function (file) {
  if (!existsSync(path.join(BUNDLE, 'singer', 'run.cjs'))) {
    process.stderr.write('CRITICAL tapline is not built yet: run npm run build in its folder\n');
    process.exitCode = 1;
    return;
  }
  const { default: plugin } = bundled(file);
  bundled('singer/run.cjs').run(plugin, plugin.kind === 'mapper' ? undefined : rules(plugin.kind));
};

/** The rules that a tap's or target's own settings may hold. Only their declaration is loaded before a config has some. @param {'tap' | 'target'} kind */
function rules(kind) {
  const { hasRules, rulesConfig, transformSettings } = bundled('transforms/config/settings.cjs');
  return {
    settings: transformSettings,
    /** @param {object} config */
    areIn: (config) => hasRules(config, kind),
    /** @param {object} config @param {unknown} run @param {unknown} how */
    open: async (config, run, how) => bundled('transforms/index.cjs').openStage(rulesConfig(config, kind), run, how),
  };
}
