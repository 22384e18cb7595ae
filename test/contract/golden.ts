import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runLab, type Subject } from '../../check/index.ts';
import { structuredLogConfig } from '../../check/job.ts';

/** What a target must make of a stream file of `test/streams`. */
interface Golden {
  /** Name of the failure; the run must succeed when there is none. */
  readonly fails?: string;
  /** Rows by stream, appended and, where it differs, upserted. */
  readonly rows?: Readonly<Record<string, number>>;
  readonly upserted?: Readonly<Record<string, number>>;
  /** The states on stdout; by default the only one that came. */
  readonly states?: readonly unknown[];
  /** Values that must be there: stream, key column and value, column, text. */
  readonly values?: readonly (readonly [stream: string, key: readonly [string, string], column: string, value: string | null])[];
  /** Files to load before into the same destination. */
  readonly after?: string;
}

/** The cases of the Meltano SDK's target suite, retold. */
const GOLDEN: Readonly<Record<string, Golden>> = {
  array_data: { rows: { orchards: 4 }, states: [{ orchards: 4 }] },
  camelcase: { rows: { TestOrchardVisits: 2 }, states: [] },
  camelcase_complex_schema: { rows: {}, states: [] },
  duplicate_records: { rows: { harvests: 6 }, upserted: { harvests: 2 }, states: [] },
  encoded_string_data: {
    rows: { notes: 11, notes_nested: 11, notes_list: 11 },
    states: [],
    values: [
      ['notes', ['id', '1'], 'info', '苹果园'],
      ['notes', ['id', '6'], 'info', 'line\nbreak'],
      ['notes', ['id', '10'], 'info', 'emoji 🍏'],
    ],
  },
  invalid_schema: { fails: 'properties' },
  multiple_state_messages: { rows: { multiple_a: 6, multiple_b: 6 }, states: [{ bookmarks: { a: 5, b: 6 } }] },
  no_primary_keys: { rows: { pickings: 3 }, states: [{ pickings: 3 }] },
  no_primary_keys_append: { after: 'no_primary_keys', rows: { pickings: 8 }, states: [{ pickings: 5 }] },
  optional_attributes: {
    rows: { trees: 4 },
    states: [{ trees: 4 }],
    values: [
      ['trees', ['id', '2'], 'height', null],
      ['trees', ['id', '4'], 'kind', 'pear'],
    ],
  },
  pk_updates: { rows: { ladders: 2 }, states: [{ ladders: 2 }] },
  record_before_schema: { fails: 'RecordsWithoutSchemaException' },
  record_missing_fields: { rows: { partial: 2 }, states: [], values: [['partial', ['id', '2'], 'optional', null]] },
  record_missing_key_property: { fails: 'MissingKeyPropertiesError' },
  record_missing_required_property: { fails: 'metric' },
  schema_no_properties: { rows: { boxes: 2, crates: 2 }, states: [] },
  schema_updates: {
    rows: { growers: 6 },
    states: [{ growers: 6 }],
    values: [
      ['growers', ['id', '1'], 'a2', null],
      ['growers', ['id', '2'], 'a2', 'two'],
      ['growers', ['id', '6'], 'a6', '6.5'],
    ],
  },
  special_chars_in_attributes: { rows: { 'test:Orchard!Diary?entries': 1 }, states: [] },
  user_location_data: { rows: { people: 5, places: 3 }, states: [{ people: 5, places: 3 }] },
  user_location_upsert_data: {
    after: 'user_location_data',
    rows: { people: 8, places: 5 },
    upserted: { people: 6, places: 4 },
    states: [{ people: 6, places: 4 }],
  },
};

/** What taps of three families of libraries printed of one table: see test/streams/recorded. */
const RECORDED: Readonly<Record<string, string>> = {
  'meltanolabs-tap-postgres': 'shop-orders',
  'singer-tap-postgres': 'orders',
  'pipelinewise-tap-postgres': 'shop-orders',
};

/** One test for each recording: every row is there, and its values. */
export function proveRecorded(subject: Subject): void {
  test.each(Object.entries(RECORDED))('[182] what %s printed is loaded', async (file, stream) => {
    await runLab(subject, async (lab) => {
      const { config, readBack } = await lab.readable();
      const input = await streamFile(`recorded/${file}`);
      const ran = await lab.run({ config, input });
      expect(ran.code, ran.stderr).toBe(0);
      const last = input.trimEnd().split('\n').at(-1)!;
      expect(JSON.parse(ran.stdout.toString().trimEnd().split('\n').at(-1)!)).toEqual(
        (JSON.parse(last) as { value: unknown }).value,
      );
      const rows = new Map((await readBack(stream)).map((row) => [row['id'], row]));
      expect(new Set(rows.keys())).toEqual(new Set(['1', '2', '3']));
      expect(rows.get('1')).toMatchObject({
        customer: 'Ægir 😀',
        amount: expect.stringMatching(/^10\.50?$/) as string,
        units: '9007199254740993',
      });
      expect(JSON.parse(rows.get('1')?.['tags'] ?? '')).toEqual(['red', 'dark blue']);
      expect(JSON.parse(rows.get('1')?.['note'] ?? '')).toEqual({ gift: true, lines: [1, 2] });
      expect(rows.get('1')?.['placed_at']).toMatch(/^2024-02-29[T ]10:00:00\.123456(?:\+00(?::00)?|Z)$/);
      expect(Number(rows.get('2')?.['weight'])).toBe(1e-7);
      expect(rows.get('3')).toMatchObject({ customer: 'two\nlines', amount: null, day: null, note: null });
    });
  });
}

/** One test for each stream file, appended and, where the subject can, upserted. */
export function proveGolden(subject: Subject): void {
  const ways =
    subject.ways?.upsert === undefined
      ? [{ name: 'appended', settings: {}, upsert: false }]
      : [
          { name: 'appended', settings: { load_method: 'append-only' }, upsert: false },
          { name: 'upserted', settings: subject.ways.upsert, upsert: true },
        ];
  for (const { name, settings, upsert } of ways) {
    test.each(Object.entries(GOLDEN))(`[184] %s, ${name}`, async (file, golden) => {
      await runLab(subject, async (lab) => {
        const { config, readBack } = await lab.readable(settings);
        if (golden.after !== undefined) expect((await lab.run({ config, input: await streamFile(golden.after) })).code).toBe(0);
        const log = await lab.file('log.json', structuredLogConfig('INFO'));
        const ran = await lab.run({ config, input: await streamFile(file), env: { SINGER_SDK_LOG_CONFIG: log } });
        const states = ran.stdout
          .toString()
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as unknown);
        if (golden.fails !== undefined) {
          expect(ran.code, ran.stderr).toBe(1);
          expect(ran.stderr).toContain(golden.fails);
          expect(states).toEqual([]);
          return;
        }
        expect(ran.code, ran.stderr).toBe(0);
        expect(states).toEqual(golden.states);
        const rows = upsert ? (golden.upserted ?? golden.rows) : golden.rows;
        for (const [stream, count] of Object.entries(rows ?? {})) expect(await readBack(stream), stream).toHaveLength(count);
        for (const [stream, [key, value], column, text] of golden.values ?? []) {
          expect((await readBack(stream)).find((row) => row[key] === value)?.[column] ?? null, `${stream}.${column}`).toBe(text);
        }
      });
    });
  }
}

async function streamFile(name: string): Promise<string> {
  return readFile(new URL(`../streams/${name}.singer`, import.meta.url), 'utf8');
}
