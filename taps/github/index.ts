import { defineTap } from '../../singer/tap/index.ts';
import { settings } from './settings.ts';

/** GitHub's REST API to Singer. Settings, streams and columns of MeltanoLabs' tap-github that are here have the same names. */
export default defineTap({
  name: 'tap-github',
  summary:
    'Reads repositories of GitHub: releases and what is around them, issues, pull requests, commits, workflow runs, stars; only what has changed, within the limits of the API, with as many tokens as there are.',
  settings,
  modes: {
    check: {
      summary:
        'Tells kind, scopes, end and quota of each token and app, and which repositories cannot be read for which streams, and why.',
      run: async (config, run, ask) => (await import('./check/check.ts')).check(config, run, ask),
    },
    estimate: {
      summary: 'Tells how many calls a first run takes, by repository and stream, and whether the quota is enough.',
      run: async (config, run, ask) => (await import('./estimate/estimate.ts')).estimate(config, run, ask),
    },
  },
  async open(config, run) {
    // Loaded now, so that --about stays quick.
    const { open } = await import('./open.ts');
    return open(config, run);
  },
});
