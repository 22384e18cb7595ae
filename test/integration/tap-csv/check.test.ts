import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executable, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const SECRET = 'hunter2';

function tap(cwd: string, config: object, ...flags: string[]): Promise<Finished> {
  writeFileSync(join(cwd, 'config.json'), JSON.stringify(config));
  return run(executable('tap-csv'), ['--config', 'config.json', ...flags], { cwd });
}

describe('tap-csv --check', () => {
  test('reports sound files as text and as JSON, sends nothing and ends with 0', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a.csv'), 'id,n\n1,x\n2,\n');
    const config = { files: [{ entity: 's', path: 'a.csv', keys: ['id'] }] };
    const text = await tap(cwd, config, '--check', '--format', 'text');
    expect(text.status).toBe(0);
    expect(text.stdout).toContain('key id: unique');
    expect(text.stdout).not.toContain('"type"');
    const json = await tap(cwd, config, '--check', '--format', 'json');
    expect(json.status).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, streams: [{ stream: 's', rows: 2, problems: [] }] });
  });

  test('ends with 1 and names lines, never values, where a run would fail, and a run fails there', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a.csv'), `id,n\n1,x\n1,"a"${SECRET}\n1,y\n`);
    const config = { files: [{ entity: 's', path: 'a.csv', keys: ['id'], strict: true }] };
    const report = await tap(cwd, config, '--check', '--format', 'json');
    expect(report.status).toBe(1);
    const { streams } = JSON.parse(report.stdout) as { streams: { problems: string[] }[] };
    expect(streams[0]?.problems).toEqual([
      'a.csv, line 3: text after a closing quote, 1 row',
      'the key id is not unique: 1 row with a key that was there before',
    ]);
    expect(report.stdout + report.stderr).not.toContain(SECRET);
    const sync = await tap(cwd, config);
    expect(sync.status).toBe(1);
    expect(sync.stderr).toContain('line 3');
    expect(sync.stderr).not.toContain(SECRET);
  });

  test('ends with 2 for a configuration that cannot be used, and with 1 for files that are not there', async () => {
    const cwd = temporaryFolder();
    const types = { d: { type: 'date', format: 'DD.MM.YYYY' } };
    const config = await tap(cwd, { files: [{ entity: 's', path: 'a.csv', types }] }, '--check');
    expect(config.status).toBe(2);
    expect(config.stderr).toContain('files[0].types.d.format');
    const missing = await tap(cwd, { files: [{ entity: 's', path: 'a.csv' }] }, '--check');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('code=no-files');
  });
});

describe('tap-csv', () => {
  test('reads a file once, however often and however it is named', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'in'));
    writeFileSync(join(cwd, 'in/a.csv'), 'id\n1\n');
    const path = ['in/a.csv', './in/a.csv', 'in', 'in//*.csv', join(cwd, 'in/a.csv')];
    const { status, stdout } = await tap(cwd, {
      files: [
        { entity: 's', path },
        { entity: 's', path: `../${basename(cwd)}/in/./a.csv` },
      ],
    });
    expect(status).toBe(0);
    expect(stdout.match(/"RECORD"/g)).toHaveLength(1);
    expect(stdout).toContain('{"in/a.csv":{');
  });

  test('never appends to a file that it reads', async () => {
    const cwd = temporaryFolder();
    const content = 'id\n"1"x\n2\n';
    writeFileSync(join(cwd, 'orders.csv'), content);
    const entry = { entity: 's', path: '.', strict: true, on_error: 'quarantine', reject_file: './orders.csv' };
    const { status, stderr } = await tap(cwd, { files: [entry] });
    expect(status).toBe(2);
    expect(stderr).toContain('reject_file ./orders.csv is one of the files to read');
    expect(readFileSync(join(cwd, 'orders.csv'), 'utf8')).toBe(content);
  });

  test('keeps text where the catalog says text, whatever types a later file tells', async () => {
    const cwd = temporaryFolder();
    const config = { files: [{ entity: 's', path: 'a.csv', infer_types: 'sample', infer_rows: 2 }] };
    writeFileSync(join(cwd, 'a.csv'), 'code,day\nA1,x\n');
    writeFileSync(join(cwd, 'catalog.json'), (await tap(cwd, config, '--discover')).stdout);
    writeFileSync(join(cwd, 'a.csv'), 'code,day\n1,2026-01-01\n2,2026-01-02\nB7,\n');
    const { stdout, stderr } = await tap(cwd, config, '--catalog', 'catalog.json');
    expect(stdout.match(/"record":\{[^}]*\}/g)).toEqual([
      '"record":{"code":"1","day":"2026-01-01"}',
      '"record":{"code":"2","day":"2026-01-02"}',
      '"record":{"code":"B7","day":""}',
    ]);
    expect(stderr).not.toContain('do not fit');
  });

  test('names the stream in the reject file also where the entity is a template', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'orders.csv'), 'id\n"1"x\n2\n');
    const entry = { entity: '{stem}', path: 'orders.csv', strict: true, on_error: 'quarantine', reject_file: 'rejects.jsonl' };
    expect((await tap(cwd, { files: [entry] })).status).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'rejects.jsonl'), 'utf8'))).toMatchObject({ stream: 'orders', line: 2 });
  });
});
