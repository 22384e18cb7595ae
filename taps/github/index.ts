import { defineTap } from '../../singer/tap/index.ts';
import { settings } from './settings.ts';

/** GitHub's REST API to Singer. Settings, streams and columns of MeltanoLabs' tap-github that are here have the same names. */
export default defineTap({
  name: 'tap-github',
  summary:
    'Reads repositories of GitHub: releases and what is around them, issues, pull requests, commits, workflow runs, stars; only what has changed, within the limits of the API, with as many tokens as there are.',
  settings,
  async open(config, run) {
    // Loaded now, so that --about stays quick.
    const { open } = await import('./open.ts');
    return open(config, run);
  },
});
