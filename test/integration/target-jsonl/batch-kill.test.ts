import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { killRows, type KillRow, writeKillFile } from '../../support/kill.ts';
import { pipeline } from '../../support/processes.ts';
import { random } from '../../support/random.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { inTime, killOne, lastLine } from '../../support/victims.ts';

const ROWS = killRows(20_000, random(3));
const BATCH_FILE_ROWS = 400;
const UNIT_ROWS = 900;
const KILLS = 6;

/** All records in the files that readers see, by key. */
function recordsIn(folder: string): Map<string, KillRow[]> {
  const found = new Map<string, KillRow[]>();
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder).filter((one) => /^[^.].*\.jsonl(?:\.gz)?$/.test(one))) {
    const bytes = readFileSync(join(folder, name));
    const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n');
    expect(lines.pop(), name).toBe('');
    for (const line of lines) {
      const row = JSON.parse(line) as KillRow;
      found.set(row.id, [...(found.get(row.id) ?? []), row]);
    }
  }
  return found;
}

/** How many rows of the file a state covers, by tap-csv's own account. */
function rowsCovered(state: string): number {
  const { bookmarks } = JSON.parse(state) as { bookmarks?: { rows?: { files?: Record<string, { rows: number }> } } };
  return Object.values(bookmarks?.rows?.files ?? {}).reduce((sum, { rows }) => sum + rows, 0);
}

test.each([
  ['one file', 'none', {}],
  ['one packed file', 'gzip', { compression: 'gzip' }],
  ['rotated files', 'gzip', { rotate_rows: 3000, manifest: true }],
] as const)(
  '[93] [135] [159] [162] BATCH from our tap into %s (batch files: %s), tap or target killed at random moments and resumed: no row lacks',
  async (name, compression, more) => {
    const folder = temporaryFolder();
    const paths = {
      tap: join(folder, 'tap.json'),
      target: join(folder, 'target.json'),
      state: join(folder, 'state.json'),
      batches: join(folder, 'batches'),
      out: join(folder, 'out'),
    };
    writeKillFile(join(folder, 'rows.csv'), ROWS);
    const batch = { encoding: { format: 'jsonl', compression }, storage: { root: paths.batches }, batch_size: BATCH_FILE_ROWS };
    const files = [{ entity: 'rows', path: join(folder, 'rows.csv'), keys: ['id'] }];
    writeFileSync(paths.tap, JSON.stringify({ files, batch_config: batch, state_interval_records: 500 }));
    const target = { destination_path: paths.out, batch_size_rows: UNIT_ROWS, delete_batch_files: true, durability: 'flush' };
    writeFileSync(paths.target, JSON.stringify({ ...target, ...more }));
    writeFileSync(paths.state, '{}');
    const next = random(name.length);
    let kills = 0;
    for (let complete = false; !complete;) {
      const load = pipeline([
        { program: 'bin/tap-csv', args: ['--config', paths.tap, '--state', paths.state] },
        { program: 'bin/target-jsonl', args: ['--config', paths.target] },
      ]);
      const victim = kills < KILLS ? await killOne(load, next) : undefined;
      const { parts, stdout } = await inTime(load);
      complete = parts.every(({ status }) => status === 0);
      if (victim === undefined)
        expect(parts.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual([
          [0, ''],
          [0, ''],
        ]);
      else kills++;
      const line = lastLine(stdout);
      if (line !== undefined) writeFileSync(paths.state, line);
      if (name !== 'rotated files') {
        const there = recordsIn(paths.out);
        const covered = rowsCovered(readFileSync(paths.state, 'utf8'));
        for (const { id } of ROWS.slice(0, covered)) expect(there.has(id), `row ${id} of ${covered}`).toBe(true);
      }
    }
    const there = recordsIn(paths.out);
    let repeated = 0;
    for (const row of ROWS) {
      const copies = there.get(row.id) ?? [];
      expect(copies.length, `row ${row.id}`).toBeGreaterThan(0);
      for (const copy of copies) expect(copy).toEqual(row);
      repeated += copies.length - 1;
    }
    expect(there.size).toBe(ROWS.length);
    // A batch that was committed and whose state the kill kept back.
    expect(repeated).toBeLessThanOrEqual(kills * (UNIT_ROWS + 500 + BATCH_FILE_ROWS));
    expect(readdirSync(paths.out).filter((one) => one.startsWith('.') || one.endsWith('.part'))).toEqual([]);
  },
);
