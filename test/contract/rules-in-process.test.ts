import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runLab, type Config, type Lab, type SourceWish } from '../../check/index.ts';
import { line, recordLine, schemaLine, stateLine } from '../../check/messages.ts';
import { executable } from './executables.ts';
import { tapCsv } from './subjects/tap-csv.ts';
import { targetJsonl } from './subjects/target-jsonl.ts';

/** Rules that change values, rename fields and streams, leave records out and put them aside, for each kind of source. */
const PEOPLE = {
  people: {
    fields: { name: ['upper'], city: { required: {}, on_error: 'quarantine' } },
    rename: { city: 'town' },
    alias: 'persons',
  },
} as const satisfies Config;
const BY_SOURCE = {
  small: PEOPLE,
  keyed: PEOPLE,
  streams: { people: { fields: { name: 'upper' }, alias: 'persons' }, towns: { fields: { town: 'redact' } } },
  empty: { nobody: { rename: { name: 'title' } } },
  'odd-names': { odd: { fields: { '*': 'trim' }, rename: { 'a b': 'c d' }, drop: ['properties'] } },
  'odd-text': { text: { fields: { text: ['trim', 'collapse_spaces'] } } },
  files: { parts: { where: "number != '7'" } },
} as const satisfies Partial<Record<SourceWish, Config>>;
const RULES = { transforms: { ...PEOPLE, towns: { fields: { town: 'redact' } } } } as const satisfies Config;
const WISHES = Object.keys(BY_SOURCE) as (keyof typeof BY_SOURCE)[];

/** Messages without what differs from run to run: times and versions of tables. */
const lasting = (text: string): string =>
  text
    .replaceAll(/"time_extracted":"[^"]*"/g, '"time_extracted":""')
    .replaceAll(/"_q_at":"[^"]*"/g, '"_q_at":""')
    .replaceAll(/"(version|activated|reading)":\d{13,}/g, '"$1":0');

async function transformed(lab: Lab, config: Config, input: string | Buffer): Promise<{ code: number | null; stdout: Buffer }> {
  const ran = await lab.run({ command: [executable('transform-records')], config, input });
  expect(ran.code, ran.stderr).toBe(0);
  return ran;
}

/** One mistake in each dialect. */
const MISTYPED = {
  transformations: [{ tap_stream_name: 'people', field_id: 'name', type: 'HIDE' }],
  stream_maps: { people: { town: 'citty.uper()' } },
  transforms: { people: { fields: { name: ['uper', { truncate: { lenght: 3 } }] } } },
} as const satisfies Config;
const TOLD = [
  /CRITICAL transformations\[0\]\.type: must be one of SET-NULL/,
  /CRITICAL stream_maps\.people\.town: .*no method uper; did you mean upper\?/,
  /CRITICAL transforms\.people\.fields\.name\[0\]: there is no operation uper; did you mean upper\?/,
  /CRITICAL transforms\.people\.fields\.name\[1\]\.truncate\.lenght: .*did you mean length\?/,
];

describe('mistyped rules are refused, all at once, before anything is read', () => {
  const refused = ({ code, stderr, stdout }: { code: number | null; stderr: string; stdout: Buffer }): void => {
    expect(code, stderr).toBe(2);
    expect(stdout.toString()).toBe('');
    for (const text of TOLD) expect(stderr).toMatch(text);
  };

  test('by transform-records, whose input says nothing yet', async () => {
    await runLab(targetJsonl(), async (lab) => {
      refused(await lab.run({ command: [executable('transform-records')], config: MISTYPED, open: true }));
    });
  });

  test('by a tap, and by its --check', async () => {
    await runLab(tapCsv(), async (lab) => {
      const { config } = await lab.source('small');
      for (const args of [[], ['--check']]) refused(await lab.run({ config: { ...config, ...MISTYPED }, args }));
    });
  });

  test('by a target, whose input says nothing yet', async () => {
    await runLab(targetJsonl(), async (lab) => {
      const { config } = await lab.destination(MISTYPED);
      refused(await lab.run({ config, open: true }));
    });
  });
});

describe('a tap with rules in its settings', () => {
  test.each(WISHES)('writes what transform-records makes of its output, byte for byte, source "%s"', async (wish) => {
    await runLab(tapCsv(), async (lab) => {
      const { config } = await lab.source(wish);
      const rules = { transforms: BY_SOURCE[wish] };
      for (const more of [{}, lab.way('frequent-state'), lab.way('activate')]) {
        const plain = await lab.run({ config: { ...config, ...more } });
        const ruled = await lab.run({ config: { ...config, ...more, ...rules } });
        expect(ruled.code, ruled.stderr).toBe(0);
        const piped = await transformed(lab, rules, plain.stdout);
        expect(lasting(ruled.stdout.toString())).toBe(lasting(piped.stdout.toString()));
      }
    });
  });

  test('batch_config beside rules is a problem of the config: its files would hold the values that rules hide', async () => {
    await runLab(tapCsv(), async (lab) => {
      const { config } = await lab.source();
      for (const rules of [RULES, { stream_maps: { people: { name: '__NULL__' } } }]) {
        const ran = await lab.run({ config: { ...config, ...lab.way('batch'), ...rules } });
        expect(ran.code).toBe(2);
        expect(ran.stdout.toString()).toBe('');
        expect(ran.stderr).toMatch(/CRITICAL batch_config: .*(?:transforms|stream_maps)/);
      }
      expect((await readdir(lab.dir)).filter((name) => name.startsWith('check-'))).toEqual([]);
    });
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('after %s the last STATE leads on to every record, once', async (signal) => {
    await runLab(tapCsv(), async (lab) => {
      const { config: source, records } = await lab.source('bytes', 16 * 1024 * 1024);
      const rules = { transforms: { large: { fields: { flat_description: 'lower' } } } };
      const config = { ...source, ...rules, state_interval_records: 1000 };
      const running = await lab.start({ config });
      await running.until('two megabytes', () => running.bytes > 2 * 1024 * 1024);
      running.pause();
      running.kill(signal);
      running.resume();
      const ran = await running.ended();
      expect(ran.code ?? ran.signal).toBe(signal === 'SIGTERM' ? 143 : 'SIGKILL');
      const text = ran.stdout.toString();
      // A process that is killed leaves half a line, which no reader takes.
      if (signal === 'SIGTERM') expect(text.endsWith('\n')).toBe(true);
      const came = text.slice(0, text.lastIndexOf('\n')).split('\n');
      const last = came.findLastIndex((text) => text.startsWith('{"type":"STATE"'));
      const ids = (lines: readonly string[]): string[] =>
        lines.flatMap((text) => /"identification":"(\d+)"/.exec(text)?.[1] ?? []);
      // Rows after the last STATE come again after a kill; a signal leaves none.
      if (signal === 'SIGTERM') expect(ids(came.slice(last))).toEqual([]);
      const { value } = JSON.parse(came[last]!) as { value: unknown };
      const rest = await lab.run({
        config,
        args: ['--state', await lab.file('state.json', JSON.stringify(value))],
        milliseconds: 60_000,
      });
      expect(rest.code, rest.stderr).toBe(0);
      const all = [...ids(came.slice(0, last)), ...ids(rest.stdout.toString().split('\n'))];
      expect(all.length).toBe(records);
      expect(new Set(all).size).toBe(records);
      expect(rest.stdout.toString()).not.toContain('IMPROVED');
    });
  });

  test('a rule that ends the run leaves what came before it, and no STATE after it', async () => {
    await runLab(tapCsv(), async (lab) => {
      const path = join(lab.dir, 'mails.csv');
      await writeFile(path, 'id,mail\n1,ada@example.org\n2,grace@example.org\n3,none\n4,alan@example.org\n');
      const rules = { transforms: { mails: { fields: { mail: { email: {}, on_error: 'fail' } } } } };
      const config = { files: [{ entity: 'mails', path }], ...lab.way('frequent-state'), ...rules };
      const ran = await lab.run({ config });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('transform-failed');
      expect(ran.stderr).not.toContain('none');
      const lines = ran.stdout.toString().trimEnd().split('\n');
      expect(lines.filter((text) => text.includes('"RECORD"')).map((text) => /"id":"(\d)"/.exec(text)?.[1])).toEqual(['1', '2']);
      expect(lines.filter((text) => text.includes('"STATE"')).join('')).not.toContain('"rows":3');
    });
  });
});

describe('a target with rules in its settings', () => {
  const SCHEMA = schemaLine('people', { id: { type: 'integer' }, name: 'string', city: 'string' }, ['id']);
  const person = (id: number, city: string | null = 'Oslo'): string => recordLine('people', { id, name: `name ${id}`, city });
  const files = async (folder: string): Promise<Record<string, string>> => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).toSorted();
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])));
  };

  test('loads what transform-records makes of its input, and prints the same states: records, files of a BATCH, other streams', async () => {
    await runLab(targetJsonl(), async (lab) => {
      const batchFile = await lab.file(
        'batch.jsonl',
        [7, 8, 9].map((id) => `{"id":${id},"name":"in a file","city":"Rome"}\n`).join(''),
      );
      const encoding = { format: 'jsonl', compression: 'none' };
      const input =
        SCHEMA +
        schemaLine('towns', { town: 'string' }) +
        schemaLine('others', { n: 'number' }) +
        person(1) +
        person(2, null) +
        recordLine('towns', { town: 'Oslo' }) +
        stateLine({ bookmarks: { people: { at: 2 } } }) +
        '{"type":"RECORD","stream":"others","record":{"n":1.10}}\n' +
        line({ type: 'BATCH', stream: 'people', encoding, manifest: [`file://${batchFile}`] }) +
        person(3) +
        stateLine({ bookmarks: { people: { at: 3 } } });
      const results: unknown[] = [];
      for (const where of ['inside', 'before']) {
        const folder = join(lab.dir, where);
        await mkdir(folder);
        const inside = where === 'inside';
        const given = inside ? input : (await transformed(lab, RULES, input)).stdout;
        const ran = await lab.run({ config: { destination_path: folder, ...(inside ? RULES : {}) }, input: given });
        expect(ran.code, ran.stderr).toBe(0);
        const written = await files(folder);
        results.push({
          stdout: ran.stdout.toString(),
          files: Object.fromEntries(Object.entries(written).map(([name, text]) => [name, lasting(text)])),
        });
      }
      expect(results[0]).toEqual(results[1]);
      const [{ files: loaded }] = results as [{ files: Record<string, string> }];
      expect(Object.keys(loaded)).toEqual(['others.jsonl', 'persons.jsonl', 'persons__quarantine.jsonl', 'towns.jsonl']);
      expect(loaded['persons.jsonl']!.trimEnd().split('\n')).toHaveLength(5);
    });
  });

  test('a failing rule: what a STATE covers is loaded and that STATE printed, nothing after it', async () => {
    await runLab(targetJsonl(), async (lab) => {
      const rules = { transforms: { people: { fields: { city: { required: {}, on_error: 'fail' } } } } };
      const { config, readBack } = await lab.readable(rules);
      const input =
        SCHEMA +
        person(1) +
        stateLine({ at: 1 }) +
        person(2) +
        stateLine({ at: 2 }) +
        person(3, null) +
        person(4) +
        stateLine({ at: 4 });
      const ran = await lab.run({ config, input });
      expect(ran.code).toBe(1);
      expect(ran.stdout.toString()).toBe('{"at":2}\n');
      expect((await readBack('people')).map(({ id }) => id)).toEqual(['1', '2']);
    });
  });

  test('SIGTERM ends it with what a STATE covers', async () => {
    await runLab(targetJsonl(), async (lab) => {
      const rules = { transforms: { people: { fields: { city: 'upper' } } } };
      const { config, readBack } = await lab.readable({ ...rules, batch_size_rows: 1, max_state_age_seconds: 0.1 });
      const running = await lab.start({ config });
      await running.write(SCHEMA + person(1) + stateLine({ at: 1 }));
      await running.until('the state', () => running.stdout().includes('\n'));
      running.kill('SIGTERM');
      const ran = await running.ended();
      expect(ran.code).toBe(143);
      expect(ran.stdout.toString()).toBe('{"at":1}\n');
      expect(await readBack('people')).toEqual([{ id: '1', name: 'name 1', city: 'OSLO' }]);
    });
  });
});

test('tap, mapper and target in one pipe, rules in the tap, and rules in the target load the same file', async () => {
  await runLab(tapCsv(), async (lab) => {
    const path = join(lab.dir, 'people.csv');
    await writeFile(path, 'id,name,city\n');
    await appendFile(
      path,
      Array.from({ length: 5000 }, (_, id) => `${id},"name, ${id}",${id % 100 === 0 ? '' : 'Oslo'}\n`).join(''),
    );
    const source = { files: [{ entity: 'people', path, keys: ['id'] }], state_interval_records: 700 };
    const loaded: unknown[] = [];
    for (const where of ['tap', 'mapper', 'target']) {
      const folder = join(lab.dir, where);
      await mkdir(folder);
      const read = await lab.run({ config: { ...source, ...(where === 'tap' ? RULES : {}) } });
      const passed = where === 'mapper' ? (await transformed(lab, RULES, read.stdout)).stdout : read.stdout;
      const ran = await lab.run({
        command: [executable('target-jsonl')],
        config: { destination_path: folder, ...(where === 'target' ? RULES : {}) },
        input: passed,
      });
      expect(ran.code, ran.stderr).toBe(0);
      const state = ran.stdout.toString().trimEnd().split('\n').at(-1)!;
      loaded.push([
        lasting(await readFile(join(folder, 'persons.jsonl'), 'utf8')),
        lasting(await readFile(join(folder, 'persons__quarantine.jsonl'), 'utf8')),
        state,
      ]);
    }
    expect(loaded[1]).toEqual(loaded[0]);
    expect(loaded[2]).toEqual(loaded[0]);
  });
});
