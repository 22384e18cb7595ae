import { existsSync } from 'node:fs';

const RUN = new URL('../dist/singer/run.js', import.meta.url);

/** Runs the plugin that `load` imports; says what to do when the package has not been built. */
export async function start(load) {
  if (!existsSync(RUN)) {
    process.stderr.write('CRITICAL tapline is not built yet: run npm run build in its folder\n');
    process.exitCode = 1;
    return;
  }
  const [{ run }, { default: plugin }] = await Promise.all([import(RUN.href), load()]);
  await run(plugin);
}
