import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../support/postgres.ts';
import { executable, run, start, type Finished } from '../support/processes.ts';
import { temporaryFolder } from '../support/tmp.ts';

const ROWS = 30_000;
const CSV = `id,name,note\n${Array.from({ length: ROWS }, (_, id) => `${id},"näme ""${id}""",${'x'.repeat(id % 50)}`).join('\n')}\n`;
const SCHEMA = {
  type: 'SCHEMA',
  stream: 'users',
  schema: { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } },
  key_properties: ['id'],
};

const lines = (...messages: readonly object[]): string => messages.map((message) => `${JSON.stringify(message)}\n`).join('');

describe('BATCH from our tap to target-jsonl', () => {
  /** The lines of the stream, loaded by a pipe; `batches`: through files. */
  async function loaded(batches: boolean, compression: string): Promise<{ text: string; left: string[] }> {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'users.csv'), CSV);
    const storage = { root: join(folder, 'bätch es'), prefix: 'p-' };
    const tap = {
      files: [{ entity: 'users', path: join(folder, 'users.csv') }],
      ...(batches ? { batch_config: { encoding: { format: 'jsonl', compression }, storage, batch_size: 7000 } } : {}),
    };
    writeFileSync(join(folder, 'tap.json'), JSON.stringify(tap));
    writeFileSync(
      join(folder, 'target.json'),
      JSON.stringify({ destination_path: join(folder, 'out'), delete_batch_files: true }),
    );
    const script = 'set -o pipefail; "$TAP" --config tap.json | "$TARGET" --config target.json';
    const env = { TAP: executable('tap-csv'), TARGET: executable('target-jsonl') };
    const ran = await run('bash', ['-c', script], { cwd: folder, env });
    expect(ran.status, ran.stderr).toBe(0);
    const text = readFileSync(join(folder, 'out', 'users.jsonl'), 'utf8');
    return { text, left: existsSync(storage.root) ? readdirSync(storage.root) : [] };
  }

  test.each(['none', 'gzip'])(
    '[159] [162] gives the same as RECORD messages, byte by byte (compression %s)',
    async (compression) => {
      const plain = await loaded(false, compression);
      const batches = await loaded(true, compression);
      expect(batches.text === plain.text).toBe(true);
      expect(plain.text.split('\n')).toHaveLength(ROWS + 1);
      expect(batches.left).toEqual([]);
    },
  );
});

describeWithPostgres('BATCH into target-postgres', (url) => {
  const env = (): Record<string, string> => ({
    TARGET_POSTGRES_URL: url(),
    TARGET_POSTGRES_LOAD_METHOD: 'append-only',
    TARGET_POSTGRES_BATCH_SIZE_ROWS: '2000',
  });
  const target = [executable('target-postgres'), '--config=ENV'];

  const query = async (text: string): Promise<unknown[]> => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    try {
      return (await client.query({ text, rowMode: 'array' })).rows.map((row: unknown[]) => row[0]);
    } finally {
      await client.end();
    }
  };

  /** Messages for batches of 5,000 rows from `first` on, each with the state of the rows up to its end. */
  function messages(folder: string, first: number): string {
    const all: object[] = [SCHEMA];
    for (let from = first; from < ROWS; from += 5000) {
      const path = join(folder, `${from}.jsonl.gz`);
      const text = Array.from({ length: 5000 }, (_, i) => `{"id":${from + i},"name":"n ${from + i}"}\n`).join('');
      writeFileSync(path, gzipSync(text));
      const encoding = { format: 'jsonl', compression: 'gzip' };
      all.push({ type: 'BATCH', stream: 'users', encoding, manifest: [path] }, { type: 'STATE', value: { n: from + 5000 } });
    }
    return lines(...all);
  }

  test('[135] [159] killed between its first states and resumed from the stored one, each row is there once', async () => {
    const folder = temporaryFolder();
    const input = messages(folder, 0);
    const half = input.indexOf('15000}}\n') + 8;
    const killed = start(process.execPath, target, { env: env() });
    killed.child.stdin!.write(input.slice(0, half));
    killed.child.stdin!.write(input.slice(half));
    await killed.seen(/\{"n":\d+\}/);
    killed.child.kill('SIGKILL');
    await killed.finished;
    const got = await run(process.execPath, [executable('target-postgres'), 'state', 'get', '--config=ENV'], { env: env() });
    const { n } = JSON.parse(got.stdout) as { n: number };
    const resumed: Finished = await run(process.execPath, target, { env: env(), input: messages(folder, n) });
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(resumed.stdout.trim().split('\n').at(-1)).toBe(`{"n":${ROWS}}`);
    expect(await query('SELECT count(*)::int FROM users')).toEqual([ROWS]);
    expect(await query('SELECT count(DISTINCT id)::int FROM users')).toEqual([ROWS]);
  });

  test('[161] a missing file fails with its path; the rows before the last STATE and that state stay', async () => {
    const folder = temporaryFolder();
    const gone = join(folder, 'gone.jsonl');
    const input = lines(
      { ...SCHEMA, stream: 'partly' },
      { type: 'RECORD', stream: 'partly', record: { id: 1, name: 'a' } },
      { type: 'STATE', value: { n: 1 } },
      { type: 'BATCH', stream: 'partly', filepath: gone },
      { type: 'STATE', value: { n: 2 } },
    );
    const ran = await run(process.execPath, target, { env: env(), input });
    expect([ran.status, ran.stdout]).toEqual([1, '{"n":1}\n']);
    expect(ran.stderr).toContain(gone);
    expect(ran.stderr).toContain('batch-file');
    expect(await query('SELECT id::int FROM partly')).toEqual([1]);
  });
});
