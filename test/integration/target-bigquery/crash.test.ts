import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/bigquery/index.ts';
import { CRASH_LOADS, type CrashLoad, type TableRow } from '../../support/bigquery/crash-loads.ts';
import { crash, hits, type Verdict } from '../../support/bigquery/crash.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { startDouble } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { startHttpProxy } from '../../support/bigquery/proxy.ts';
import { startDoubles } from '../../support/gcs/stage-into.ts';
import { random } from '../../support/random.ts';
import { through } from '../../support/through.ts';
import { temporaryFolder } from '../../support/tmp.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 4);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
const minutes = Math.max(240_000, kills * 12_000);
/** From here on some must have hit what only few do. */
const MANY = 50;

/** Few of them, where that will do or each takes long, unless there is time. */
const SOME = CRASH_LOADS.filter(({ name }) => kills >= MANY || ['append-only', 'upsert with hard_delete'].includes(name));

interface Server {
  readonly url: string;
  /** Address of Cloud Storage, where files go by way of it. */
  readonly storage?: string;
  readonly settings: Readonly<Record<string, Json>>;
  readonly rows: (table: string) => Promise<readonly TableRow[]>;
}

async function torture({ rows, settings, storage, url }: Server, load: CrashLoad, kills: number): Promise<void> {
  const proxies = await Promise.all([url, ...(storage === undefined ? [] : [storage])].map(startHttpProxy));
  const [api_endpoint, storage_endpoint = ''] = proxies.map((proxy) => proxy.url);
  try {
    const common = { project: 'test', dataset: 'd', denormalized: true, ...settings };
    const verdict = await crash({
      folder: temporaryFolder(),
      proxies,
      load,
      settings: { ...common, api_endpoint: api_endpoint!, ...(storage === undefined ? {} : { storage_endpoint }) },
      kills,
      random: random(seed * 100 + CRASH_LOADS.indexOf(load)),
      rows,
      seed: (lines) =>
        through(target, {
          lane: 'fast',
          settings: {
            ...common,
            ...load.settings,
            api_endpoint: url,
            ...(storage === undefined ? {} : { storage_endpoint: storage }),
          },
          lines: lines.map((line) => JSON.stringify(line)),
        }),
    });
    prove(verdict, load, kills);
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}

function prove(verdict: Verdict, { settings }: CrashLoad, kills: number): void {
  const told = [...verdict.kills].map(([moment, count]) => `${count} at ${moment}`).join(', ');
  process.stdout.write(`${hits(verdict)} kills (${told}), ${verdict.loads} loads, ${verdict.adopted} runs took up jobs\n`);
  expect(verdict.faults.join('\n')).toBe('');
  expect(hits(verdict)).toBe(kills);
  if (kills < MANY) return;
  // What replaces a table is collected anew, beside what a killed run has left.
  if (settings['load_method'] !== 'overwrite') expect(verdict.adopted).toBeGreaterThan(0);
  expect(verdict.kills.size).toBeGreaterThan(5);
}

describe('[135] killed between upload, job, merge and state, and resumed with the same run_id: no row is lost or doubled', () => {
  test.each(CRASH_LOADS)('$name', { timeout: minutes }, async (load) => {
    const double = await startDouble({ looks: 1 });
    await torture({ url: double.url, settings: {}, rows: rowsOf(double) }, load, kills);
  });

  test.each(SOME)('$name, by way of a bucket, in which no file stays', { timeout: minutes }, async (load) => {
    const { bigquery, storage } = await startDoubles();
    const settings = { method: 'gcs_stage', bucket: 'staging', staged_file_bytes: 65_536, compression: 'none' };
    await torture({ url: bigquery.url, storage: storage.url, settings, rows: rowsOf(bigquery) }, load, kills);
    expect(storage.made.length).toBeGreaterThan(0);
    expect([...storage.objects.keys()]).toEqual([]);
  });
});

function rowsOf(double: BigQueryDouble): Server['rows'] {
  return async (table) =>
    double.rows('d', table).map(({ id, value, _sdc_deleted_at: deletedAt }) => ({
      id: Number(id),
      value: Number(value),
      deletedAt: typeof deletedAt === 'string' ? deletedAt : null,
    }));
}

await describeWithLocalBigQuery('[135] the same against an emulator', (server) => {
  test.each(SOME)('$name', { timeout: minutes }, async (load) => {
    const dataset = `d${CRASH_LOADS.indexOf(load)}`;
    const rows: Server['rows'] = async (table) => {
      const tables = await server()
        .query(`SELECT table_name FROM ${dataset}.INFORMATION_SCHEMA.TABLES`)
        .catch(() => []);
      if (!tables.flat().includes(table)) return [];
      const found = await server().query(`SELECT id, value, CAST(_sdc_deleted_at AS STRING) FROM ${dataset}.${table}`);
      return found.map(([id, value, deletedAt]) => ({ id: Number(id), value: Number(value), deletedAt: deletedAt ?? null }));
    };
    await torture({ url: server().url, settings: { dataset, compression: 'none' }, rows }, load, Math.ceil(kills / 4));
  });
});
