import { appendFile, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Source, SourceWish, Subject } from '../../../check/index.ts';
import plugin from '../../../taps/csv/index.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

/** Columns of the large file; with them a record takes at least this many bytes on the wire. */
const WIDE = [
  'identification',
  'month_of_sale',
  'town_and_street',
  'flat_description',
  'floor_area_sqm',
  'remaining_lease',
  'resale_price',
];
const RECORD_BYTES = 300;

/** tap-csv with sources of every kind that files can be. */
export function tapCsv(): Subject {
  return {
    kind: 'tap',
    name: 'tap-csv',
    command: [executable('tap-csv')],
    config: {},
    badConfigExit: 2,
    needs: ['files', 'csv_files_definition'],
    badConfigs: [
      { config: { files: 12 }, mentions: ['files'] },
      {
        config: { files: [{ entity: 'lonely' }], add_metadata_columns: 'perhaps' },
        mentions: ['files[0].path', 'add_metadata_columns'],
      },
      {
        config: { files: [{ entity: 'a', path: 'a.csv', strict: 7 }, { path: [] }] },
        mentions: ['files[0].strict', 'files[1].entity'],
      },
    ],
    ways: waysOf(plugin),
    makeSource,
  };
}

async function makeSource(wish: SourceWish, amount: number): Promise<Source | undefined> {
  const build = BUILDERS[wish];
  if (build === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'tap csv-'));
  const drop = async (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { ...(await build(folder, amount)), drop };
}

type Builder = (folder: string, amount: number) => Promise<Source>;

const BUILDERS: Partial<Record<SourceWish, Builder>> = {
  small: async (folder) => people(folder),
  growing: async (folder) => ({
    ...(await people(folder)),
    grow: async () => {
      await appendFile(join(folder, 'people.csv'), '4,Edsger,Austin\n5,Barbara,Boston\n');
      return 2;
    },
  }),
  streams: async (folder) => {
    const first = await one(folder, 'people', 'id,name\n1,Ada\n2,Grace\n3,Alan\n', ['id']);
    const second = await one(folder, 'towns', 'town,country\nLondon,GB\nParis,FR\nOslo,NO\n');
    return { config: { files: [first, second] }, records: 6 };
  },
  keyed: async (folder) => ({
    config: {
      files: [await one(folder, 'people', 'id,name,city\n1,Ada,London\n2,Grace,New York\n', ['id'])],
      add_metadata_columns: true,
    },
    records: 2,
  }),
  empty: async (folder) => ({ config: { files: [await one(folder, 'nobody', 'id,name\n', ['id'])] }, records: 0 }),
  columns: async (folder, amount) => {
    const header = Array.from({ length: amount }, (_, at) => `column_number_${at}`).join(',');
    return { config: { files: [await one(folder, 'wide', `${header}\n${'x,'.repeat(amount - 1)}x\n`)] }, records: 1 };
  },
  bytes: async (folder, amount) => {
    const records = Math.ceil(amount / RECORD_BYTES);
    const path = join(folder, 'large.csv');
    const file = await open(path, 'w');
    await file.write(`${WIDE.join(',')}\n`);
    for (let at = 0; at < records;) {
      let text = '';
      for (; at < records && text.length < 1 << 20; at++)
        text += `${at},2026-01,"Anson Road, 5",IMPROVED MODEL,${at % 150},61 years 04 months,${at * 7}\n`;
      await file.write(text);
    }
    await file.close();
    return { config: { files: [{ entity: 'large', path, keys: ['identification'] }] }, records };
  },
  'odd-names': async (folder) => ({
    config: { files: [await one(folder, 'odd', 'id,a.b,a-b,a b,properties,items,ünï,"quo""te",*\n1,2,3,4,5,6,7,8,9\n', ['id'])] },
    records: 1,
  }),
  'odd-text': async (folder) => {
    const cells = [
      '😀 Ω 中文',
      'a\u2028b\u2029c\u0085d',
      '"quoted ""twice"""',
      '"two\r\nlines\nhere"',
      'back\\slash',
      'tab\there',
      '\u0001\u001f\u007f',
      'x\uFEFFy',
    ];
    return {
      config: { files: [await one(folder, 'text', `id,text\n${cells.map((cell, at) => `${at},${cell}\n`).join('')}`)] },
      records: cells.length,
    };
  },
  failing: async (folder) => {
    const path = join(folder, 'broken.csv');
    const good = 'id,name\n1,Ada\n2,Grace\n';
    await writeFile(path, Buffer.concat([Buffer.from(good), Buffer.from([0x33, 0x2c, 0xff, 0x0a])]));
    return { config: { files: [{ entity: 'broken', path }] } };
  },
  files: async (folder) => {
    const path = join(folder, 'parts');
    await mkdir(path);
    for (const part of [0, 1, 2]) {
      const rows = Array.from({ length: 40 }, (_, row) => `${part * 40 + row},${part}\n`);
      await writeFile(join(path, `part-${part}.csv`), `number,part\n${rows.join('')}`);
    }
    return { config: { files: [{ entity: 'parts', path }] }, records: 120 };
  },
};

async function people(folder: string): Promise<Source> {
  return {
    config: { files: [await one(folder, 'people', 'id,name,city\n1,Ada,London\n2,Grace,New York\n3,Alan,\n', ['id'])] },
    records: 3,
  };
}

/** Writes a file and gives its entry in `files`. */
async function one(folder: string, entity: string, text: string, keys: readonly string[] = []): Promise<Record<string, unknown>> {
  const path = join(folder, `${entity}.csv`);
  await writeFile(path, text);
  return { entity, path, keys };
}
