import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFakePostgres } from '../../support/fake-postgres.ts';
import { executable, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

describe('tap-postgres on a server that is too old', () => {
  const folder = temporaryFolder();

  it.each(['--discover', '--catalog', '--test', '--check', '--explain'])('is refused at the start (%s)', async (mode) => {
    const write = (name: string, value: object): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(value));
      return path;
    };
    const config = write('config.json', { url: await startFakePostgres(120_019) });
    const catalog = write('catalog.json', { streams: [] });
    const args = mode === '--catalog' ? ['--catalog', catalog] : [mode];
    const { status, stdout, stderr } = await run(executable('tap-postgres'), ['--config', config, ...args]);
    expect([status, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('server-too-old')]);
    expect(`${stdout}${stderr}`).toMatch(/Postgres 12.*13 or newer/);
  });
});
