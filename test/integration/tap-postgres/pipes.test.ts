import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPeer } from '../../support/peers.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, root, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { connected } from './drive.ts';

const LOOP =
  '"$TAP" --config tap.json --catalog catalog.json --state state.json | "$TARGET" --config target.json >> states; status=$?; tail -1 states > state.json; exit $status';

await describeWithPeers((peer) => {
  describeWithPostgres('tap-postgres in pipes', (url) => {
    let client: Client;
    beforeAll(async () => {
      client = await connected(url());
      await client.query(`CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL, name text, n numeric);
        INSERT INTO t SELECT g, timestamptz '2026-01-01Z' + g * interval '1 s', 'name ' || g, g * 0.5 FROM generate_series(1, 20000) g;
        CREATE VIEW zz AS SELECT g AS id, 1 / (g - 400) AS x FROM generate_series(1, 500) g;
        CREATE SCHEMA small; CREATE TABLE small.people AS SELECT * FROM t WHERE id <= 3; ALTER TABLE small.people ADD PRIMARY KEY (id)`);
    });
    afterAll(() => client.end());

    /** A folder with the files of a loop over some of the streams. */
    function prepared(streams: readonly string[] = ['t'], config: object = {}): string {
      const folder = temporaryFolder();
      const write = (name: string, value: unknown): void => writeFileSync(join(folder, `${name}.json`), JSON.stringify(value));
      const incremental = { 'replication-method': 'INCREMENTAL', 'replication-key': 'updated_at' };
      write('tap', { url: url(), state_interval_records: 1000, ...config });
      write('target', { destination_path: '.', batch_size_rows: 1000 });
      write('state', {});
      write('catalog', {
        streams: streams.map((name) => ({
          tap_stream_id: `public-${name}`,
          metadata: [{ breadcrumb: [], metadata: { selected: true, ...(name === 't' && incremental) } }],
        })),
      });
      return folder;
    }
    const shell = (folder: string, script: string): Promise<Finished> => {
      const env = { TAP: executable('tap-postgres'), TARGET: executable('target-jsonl') };
      return run('bash', ['-c', `set -o pipefail; ${script}`], { cwd: folder, env });
    };
    const ids = (folder: string): unknown[] => {
      const file = join(folder, 'public-t.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return lines.map((line) => (JSON.parse(line) as { id: unknown }).id);
    };

    it('[179] the loop of catalog, state and tail is incremental, also when a run has nothing new', async () => {
      const folder = prepared();
      for (let time = 0; time < 2; time++) await succeeded(shell(folder, LOOP));
      expect(ids(folder)).toHaveLength(20_000);
      await client.query(`INSERT INTO t VALUES (20001, '2026-02-01Z', 'late', 1)`);
      for (let time = 0; time < 2; time++) await succeeded(shell(folder, LOOP));
      await client.query('DELETE FROM t WHERE id = 20001');
      expect(ids(folder).slice(20_000)).toEqual([20_001]);
    });

    it('[180] a failing tap, middle or target gives a non-zero status, and the last state loads the rest', async () => {
      const folder = prepared(['t', 'zz']);
      const cut = LOOP.replace('| "$TARGET"', '| (head -c 500000; exit 3) | "$TARGET"');
      expect((await shell(folder, cut)).status).not.toBe(0);
      expect(ids(folder).length).toBeLessThan(20_000);
      expect((await shell(folder, LOOP.replace('--config target.json', '--config missing.json'))).status).toBe(2);
      expect((await shell(folder, LOOP)).status).toBe(1);
      expect(new Set(ids(folder)).size).toBe(20_000);
      const covered = ids(folder).length;
      expect((await shell(folder, LOOP)).status).toBe(1);
      expect(ids(folder)).toHaveLength(covered);
    });

    const people = (): string => prepared([], { filter_schemas: ['small'] });

    peer('singer-tools', (program) =>
      it('[181] singer-check-tap accepts what tap-postgres prints, without a catalog, at first and with a state', async () => {
        const folder = people();
        const check = `"${program('singer-check-tap')}"`;
        const first = await shell(folder, `"$TAP" --config tap.json | tee first | ${check}`);
        expect(first.status, first.stderr).toBe(0);
        expect(first.stdout).toContain('3 record messages');
        const state = `grep '"STATE"' first | tail -1 > state.json`;
        const second = await shell(folder, `${state}; "$TAP" --config tap.json --state state.json | ${check}`);
        expect(second.status, second.stderr).toBe(0);
        expect(second.stdout).toContain('The output is valid');
      }),
    );

    peer('target-jsonl', (program) =>
      it('[183] the Python target-jsonl loads what tap-postgres prints', async () => {
        const folder = people();
        mkdirSync(join(folder, 'out'));
        writeFileSync(join(folder, 'target.json'), JSON.stringify({ destination_path: 'out', do_timestamp_file: false }));
        await succeeded(shell(folder, `"$TAP" --config tap.json | "${program('target-jsonl')}" --config target.json`));
        const rows = readFileSync(join(folder, 'out', 'small-people.jsonl'), 'utf8')
          .trimEnd()
          .split('\n');
        expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual(
          [1, 2, 3].map((id) => expect.objectContaining({ id, name: `name ${id}`, n: id * 0.5 }) as unknown),
        );
      }),
    );

    peer('singer-sdk-testing', (program) =>
      it('[185] the tap suite of the Meltano SDK passes on tap-postgres', async () => {
        const folder = people();
        const suite = join(root, 'test/support/sdk-suite');
        const { status, stdout } = await run(program('python'), ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', suite], {
          cwd: folder,
          env: {
            SUITE_TAP: executable('tap-postgres'),
            SUITE_CONFIG: 'tap.json',
            SUITE_FOLDER: folder,
            PYTHONDONTWRITEBYTECODE: '1',
          },
        });
        expect(status, stdout).toBe(0);
        expect(stdout).toMatch(/\b(?:[1-9]\d+|[5-9]) passed/);
      }),
    );
  });
});

type PeerName = Parameters<typeof findPeer>[0];

/** Tests with Python packages; those of a package that cannot be had are skipped, with the reason. */
async function describeWithPeers(
  body: (peer: (name: PeerName, tests: (program: (name: string) => string) => void) => void) => void,
): Promise<void> {
  const names: readonly PeerName[] = ['singer-tools', 'target-jsonl', 'singer-sdk-testing'];
  const found = new Map(await Promise.all(names.map(async (name) => [name, await findPeer(name)] as const)));
  body((name, tests) => {
    const peer = found.get(name);
    if (peer !== undefined && 'program' in peer) tests(peer.program);
    else describe.skip(`${name} (skipped: ${peer?.missing})`, () => tests(() => ''));
  });
}

async function succeeded(running: Promise<Finished>): Promise<void> {
  const { status, stderr } = await running;
  expect(status, stderr).toBe(0);
}
