import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Destination, StoredRow, Subject } from '../../../check/index.ts';
import { ExactNumber, type Json } from '../../../singer/index.ts';
import { parseExact, stringifyExact } from '../../../singer/json-text.ts';
import plugin from '../../../targets/jsonl/index.ts';
import { distinctName } from '../../../targets/jsonl/file-name.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

/** target-jsonl, each destination a folder of its own. */
export function targetJsonl(): Subject {
  return {
    kind: 'target',
    name: 'target-jsonl',
    command: [executable('target-jsonl')],
    config: {},
    badConfigExit: 2,
    badConfigs: [
      { config: { destination_path: { not: 'a path' } }, mentions: ['destination_path'] },
      { config: { do_timestamp_file: 'perhaps', compression: 'gzup' }, mentions: ['do_timestamp_file', 'compression'] },
      { config: { batch_size_rows: 'many', validate_records: 3 }, mentions: ['batch_size_rows', 'validate_records'] },
    ],
    sharesDestination: false,
    ways: waysOf(plugin),
    makeDestination,
  };
}

async function makeDestination(settings: Readonly<Record<string, unknown>>): Promise<Destination> {
  const folder = await mkdtemp(join(tmpdir(), 'target jsonl-'));
  const names = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return {
    config: { destination_path: folder, ...settings },
    names,
    async readBack(stream) {
      const files = await names();
      const wanted = `${distinctName(
        stream,
        files.map((name) => name.slice(0, -'.jsonl'.length)),
      )}.jsonl`;
      if (!files.includes(wanted)) return [];
      const text = await readFile(join(folder, wanted), 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map(storedRow);
    },
    drop: async () => rm(folder, { recursive: true, force: true }),
  };
}

function storedRow(line: string): StoredRow {
  return Object.fromEntries(
    Object.entries(parseExact(line) as Record<string, Json>).map(([name, value]) => [name, textOf(value)]),
  );
}

function textOf(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  return value instanceof ExactNumber ? value.text : stringifyExact(value);
}
