import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { crash, hits, type Crashes, type Verdict } from '../../support/bigquery/crash.ts';
import { startDouble } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { startHttpProxy } from '../../support/bigquery/proxy.ts';
import { random } from '../../support/random.ts';
import { temporaryFolder } from '../../support/tmp.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 20);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
const minutes = Math.max(240_000, kills * 12_000);

async function torture(url: string, settings: object, ids: Crashes['ids']): Promise<Verdict> {
  const proxy = await startHttpProxy(url);
  try {
    const common = { project: 'test', dataset: 'd', api_endpoint: proxy.url, denormalized: true, ...settings };
    const verdict = await crash({ folder: temporaryFolder(), proxy, settings: common, kills, random: random(seed), ids });
    const told = [...verdict.kills].map(([moment, count]) => `${count} at ${moment}`).join(', ');
    process.stdout.write(`${hits(verdict)} kills (${told}), ${verdict.loads} loads, ${verdict.adopted} runs took up jobs\n`);
    return verdict;
  } finally {
    await proxy.stop();
  }
}

function prove({ adopted, faults, kills: hit }: Verdict): void {
  expect(faults.join('\n')).toBe('');
  expect(adopted).toBeGreaterThan(0);
  expect(hit.size).toBeGreaterThan(4);
}

describe('[135] killed between upload, job and state, and resumed with the same run_id', () => {
  test('append: the double holds each row once', { timeout: minutes }, async () => {
    const double = await startDouble({ looks: 1 });
    const ids: Crashes['ids'] = async (table) => double.rows('d', table).map(({ id }) => Number(id));
    prove(await torture(double.url, {}, ids));
  });
});

await describeWithLocalBigQuery('[135] the same against an emulator', (server) => {
  test('append: the table holds each row once', { timeout: minutes }, async () => {
    const ids: Crashes['ids'] = async (table) => {
      const rows = await server()
        .query(`SELECT id FROM d.${table}`)
        .catch(() => []);
      return rows.map(([id]) => Number(id));
    };
    prove(await torture(server().url, { compression: 'none' }, ids));
  });
});
