import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { POSTGRES_VERSIONS } from '../../../scripts/postgres-versions.mjs';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { Drive, header, loadAll, sql } from './drive.ts';

const append = { default_target_schema: 'public', load_method: 'append-only', add_record_metadata: false };
const state = (n: number): string => `{"n":${n}}`;

/** Why no server of our own can be made to suffer; undefined if one can. */
function whyNoServer(): string | undefined {
  const server = inject('postgres');
  if ('missing' in server) return server.missing;
  return process.env['DATABASE_URL'] ? 'the server of DATABASE_URL is not ours to crash' : undefined;
}

const missing = whyNoServer();
const name = 'target-postgres on a server in trouble';

describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (skipped: ${missing})`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    const version = POSTGRES_VERSIONS.find((each) => String(each) === process.env['POSTGRES_VERSION']);
    server = await startPostgres({ ...(version === undefined ? {} : { version }), fsync: false });
  });
  afterAll(() => server.stop());

  test.each(['append-only', 'upsert'])(
    'a server that crashes and starts again in mid run loses nothing and doubles nothing (%s)',
    async (method) => {
      const url = await server.createDatabase(`crash_${method.replace('-', '_')}`);
      const of = header('crashed', { id: 'integer' }, ['id']);
      const drive = await Drive.open(url, { ...append, load_method: method, application_name: 'crash_run', max_retries: 20 });
      await drive.load(of, [{ id: 1 }], { state: state(1) });
      const query = await sql(url);
      const [session] = await query("SELECT pid FROM pg_stat_activity WHERE application_name = 'crash_run'");
      // A backend that is killed makes the server end all sessions and recover from its log.
      process.kill(Number(session!['pid']), 'SIGKILL');
      expect(await drive.load(of, [{ id: 2 }, { id: 3 }], { state: state(2), last: true })).toBe('committed');
      await drive.finish();
      await drive.close();
      await query.end();
      const after = await sql(url);
      expect(await after('SELECT id::int FROM crashed ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
      expect(await after('SELECT state FROM _singer_state')).toEqual([{ state: { n: 2 } }]);
      await after.end();
    },
  );

  const noDisk = process.getuid?.() === 0 ? undefined : 'only root can mount a small file system';
  const full = 'a full disk ends the run with its own code; the state is that of the last batch that is there';
  test.skipIf(noDisk !== undefined)(
    noDisk === undefined ? full : `${full} (skipped: ${noDisk})`,
    async ({ skip, onTestFinished }) => {
      const url = await server.createDatabase('full_disk');
      const query = await sql(url);
      const [place] = await query("SELECT current_setting('data_directory') AS data");
      const owner = statSync(String(place!['data']));
      const folder = temporaryFolder();
      chmodSync(folder, 0o711);
      const disk = join(folder, 'small');
      mkdirSync(disk);
      const options = `size=8m,mode=0700,uid=${owner.uid},gid=${owner.gid}`;
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { encoding: 'utf8' });
      onTestFinished(async () => {
        try {
          await query('DROP TABLE IF EXISTS filled');
          await query('DROP TABLESPACE IF EXISTS small');
          await query.end();
        } finally {
          if (mounted.status === 0) spawnSync('umount', [disk]);
        }
      });
      if (mounted.status !== 0) skip(`no file system can be mounted here: ${(mounted.stderr || String(mounted.error)).trim()}`);
      await query(`CREATE TABLESPACE small LOCATION '${disk}'`);
      const of = header('filled', { id: 'integer', text: 'string' });
      await loadAll(url, { ...append }, of, [{ id: 0, text: 'first' }], state(0));
      await query('ALTER TABLE filled SET TABLESPACE small');
      const drive = await Drive.open(url, append);
      const batch = (from: number): { id: number; text: string }[] =>
        Array.from({ length: 2000 }, (_, i) => ({ id: from + i, text: 'x'.repeat(1000) }));
      expect(await drive.load(of, batch(1), { state: state(1) })).toBe('committed');
      const filling = (async () => {
        for (let n = 2; n < 10; n++) await drive.load(of, batch(n * 10_000), { state: state(n) });
      })();
      await expect(filling).rejects.toMatchObject({ code: 'disk-full', hint: expect.stringContaining('state is safe') });
      await drive.close();
      const [stored] = await query("SELECT state->>'n' AS n FROM _singer_state");
      const n = Number(stored!['n']);
      expect(n).toBeGreaterThanOrEqual(1);
      expect(await query('SELECT count(*)::int AS rows, max(id)::int / 10000 AS last FROM filled')).toEqual([
        { rows: 1 + 2000 * n, last: n < 2 ? 0 : n },
      ]);
    },
  );
});
