// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlyReleases, pages, releases, serveGitHub } from '../github.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 10_000;

export default defineCase({
  results: [
    {
      id: 'github-releases',
      work: 'releases of GitHub to RECORD lines, 10 k recorded ones in 100 answers',
      against: 'JSON.parse and JSON.stringify of the same answers',
      unit: 'times as fast',
      floor: 0.5,
      goal: 1,
      rows,
    },
  ],
  async round(bench) {
    const texts = pages(releases(rows));
    const github = await serveGitHub(1, texts);
    try {
      const FILE = join(bench.folder, 'pages.jsonl');
      writeFileSync(FILE, texts.map((text) => `${text}\n`).join(''));
      const TAP = bench.configFile('github', github.config(1));
      const CATALOG = bench.configFile('catalog', await onlyReleases(TAP));
      return {
        limit: await measure('node bench/limits/parse-stringify.mjs /dev/null < "$FILE"', { FILE }),
        ours: {
          'github-releases': await measure('node bin/tap-github --config "$TAP" --catalog "$CATALOG" > /dev/null', {
            TAP,
            CATALOG,
          }),
        },
      };
    } finally {
      await github.close();
    }
  },
});
