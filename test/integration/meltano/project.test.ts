import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { describeWithMeltano, meltanoProject, succeeded } from '../../support/meltano.ts';
import { root, run } from '../../support/processes.ts';
import { files, prepared } from './csv-project.ts';

await describeWithMeltano('Meltano, our project file', (meltano) => {
  test('[164] is valid by Meltano’s own schema and names no pip_url and no outdated kind', async () => {
    const code =
      'import json, pathlib, yaml, meltano.schemas as s; ' +
      'print(json.dumps([json.loads((pathlib.Path(list(s.__path__)[0]) / "meltano.schema.json").read_text()), yaml.safe_load(open("meltano.yml"))]))';
    const { stdout, stderr } = await run(join(dirname(meltano), 'python'), ['-c', code], { cwd: root });
    expect(stderr).toBe('');
    const [schema, project] = JSON.parse(stdout) as [object, ProjectFile];
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    expect(ajv.validate(schema, project), ajv.errorsText()).toBe(true);
    const plugins = Object.values(project.plugins).flat();
    expect(plugins.map(({ name }) => name).sort()).toEqual([
      'tap-csv',
      'tap-github',
      'tap-postgres',
      'target-bigquery',
      'target-jsonl',
      'target-postgres',
      'transform-records',
    ]);
    for (const plugin of plugins) {
      expect(plugin).not.toHaveProperty('pip_url');
      for (const { kind } of plugin.settings) expect(['decimal', 'password', 'hidden']).not.toContain(kind);
    }
  });

  test('[165] meltano install succeeds and finds nothing to install', async () => {
    const { status, stderr } = await meltanoProject(meltano).meltano(['install']);
    expect(stderr).toMatch(/Skipped installing 7\/7 plugins/);
    expect(status).toBe(0);
  });

  test('[166] meltano select lists every property with its status', async () => {
    const project = prepared(meltano);
    const { stdout } = await succeeded(
      project.meltano(['select', 'tap-csv', '--list', '--all'], { TAP_CSV_FILES: files(['user']) }),
    );
    const listed = Object.fromEntries(
      Array.from(stdout.matchAll(/\[(\w+) *\] (checkins\.\S+)/g), ([, status, name]) => [name, status]),
    );
    expect(listed).toEqual({
      'checkins.user': 'automatic',
      'checkins.timestamp': 'selected',
      'checkins.hours': 'selected',
      'checkins.project': 'selected',
    });
  });

  test('[176] meltano invoke gives the catalog of a thousand streams', async () => {
    const project = prepared(meltano);
    const names = Array.from({ length: 1000 }, (_, n) => `t${n}`);
    for (const name of names) project.write(`many/${name}.csv`, 'a,b\n1,2\n');
    const entries = names.map((name) => ({ entity: name, path: `many/${name}.csv` }));
    const { stdout } = await succeeded(
      project.meltano(['invoke', 'tap-csv', '--discover'], { TAP_CSV_FILES: JSON.stringify(entries) }),
    );
    const catalog = JSON.parse(stdout) as { streams: { tap_stream_id: string }[] };
    expect(catalog.streams.map((stream) => stream.tap_stream_id).sort()).toEqual(names.sort());
  });
});

interface ProjectFile {
  readonly plugins: Readonly<Record<string, readonly { name: string; settings: readonly { kind: string }[] }[]>>;
}
