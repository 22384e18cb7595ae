// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlyReleases, pages, releases, serveGitHub } from '../github.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const repositories = 1000;

export default defineCase({
  rounds: 1,
  results: [
    {
      id: 'github-idle',
      work: `peak memory of tap-github, ${repositories} repositories of which none has changed`,
      against: 'nothing',
      unit: 'MB',
      floor: 130,
      goal: 100,
    },
  ],
  async round(bench) {
    const github = await serveGitHub(repositories, pages(releases(3)));
    try {
      const TAP = bench.configFile('github', github.config(repositories));
      const CATALOG = bench.configFile('catalog', await onlyReleases(TAP));
      const STATE = join(bench.folder, 'state.json');
      const OUT = join(bench.folder, 'idle.singer');
      await measure('node bin/tap-github --config "$TAP" --catalog "$CATALOG" > "$OUT"', { TAP, CATALOG, OUT });
      const last = readFileSync(OUT, 'utf8')
        .trimEnd()
        .split('\n')
        .findLast((line) => line.startsWith('{"type":"STATE"'));
      writeFileSync(STATE, JSON.stringify(JSON.parse(last ?? '{}').value));
      github.forget();
      const ours = await measure('node bin/tap-github --config "$TAP" --catalog "$CATALOG" --state "$STATE" > "$OUT"', {
        TAP,
        CATALOG,
        STATE,
        OUT,
      });
      const { asked, unchanged } = github.counts;
      if (asked !== repositories || unchanged !== repositories) {
        throw new Error(`An idle run over ${repositories} repositories asked ${asked} times, ${unchanged} of them in vain`);
      }
      if (readFileSync(OUT, 'utf8').includes('"type":"RECORD"')) throw new Error('An idle run sent records');
      return { ours: { 'github-idle': ours } };
    } finally {
      await github.close();
    }
  },
});
