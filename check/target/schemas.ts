import { check, type Check } from '../check.ts';
import { must, mustFail, mustSay, mustSucceed, sameJson } from '../expect.ts';
import { line, recordLine, schemaLine, stateLine } from '../messages.ts';
import { column, load, mustPrint, printed } from './feed.ts';

const TARGET = ['target'] as const;
const STREAM = 'check_schemas';
const SCHEMA = schemaLine(STREAM, { id: 'integer', text: 'string' }, ['id']);

export const schemaChecks: readonly Check[] = [
  check(129, 'an equal SCHEMA changes nothing', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable();
    const reordered = line({
      key_properties: ['id'],
      schema: { properties: { id: { type: ['null', 'integer'] }, text: { type: ['null', 'string'] } }, type: 'object' },
      stream: STREAM,
      type: 'SCHEMA',
    });
    const input = [1, 2, 3].map((id) => SCHEMA + reordered + recordLine(STREAM, { id })).join('') + stateLine({ at: 3 });
    const ran = await lab.run({ config, input });
    mustSucceed(ran);
    mustPrint(ran, [{ at: 3 }]);
    must(sameJson(column(await readBack(STREAM), 'id'), ['1', '2', '3']), 'all rows must be there');
  }),
  check(130, 'alternating SCHEMAs do not flush', TARGET, async (lab) => {
    const streams = Array.from({ length: 8 }, (_, at) => `check_many_${at}`);
    const rounds = 100;
    const body = Array.from(
      { length: rounds },
      (_, id) =>
        streams.map((stream) => schemaLine(stream, { id: 'integer' }, []) + recordLine(stream, { id })).join('') +
        stateLine({ id }),
    );
    const { config, readBack } = await lab.readable();
    const ran = await lab.run({ config, input: body.join(''), milliseconds: 60_000 });
    mustSucceed(ran);
    // Every flush lets the newest state out; with no bound reached there is one, at the end.
    must(printed(ran).length <= 3, `${printed(ran).length} states were printed for ${rounds} rounds`);
    for (const stream of streams) must((await readBack(stream)).length === rounds, `${stream} lacks rows`);
  }),
  check(131, 'more properties add columns', TARGET, async (lab) => {
    const input =
      schemaLine(STREAM, { id: 'integer' }) +
      recordLine(STREAM, { id: 1 }) +
      schemaLine(STREAM, { id: 'integer', name: 'string', thing: { type: ['null', 'object'] } }) +
      recordLine(STREAM, { id: 2, name: 'Ada', thing: { a: 1 } }) +
      stateLine({ at: 2 });
    const { ran, config, rows } = await load(lab, input);
    mustSucceed(ran);
    const next = schemaLine(STREAM, { id: 'integer', later: 'string' }) + recordLine(STREAM, { id: 3, later: 'x' });
    mustSucceed(await lab.run({ config, input: next }), 'a later run with one more property');
    const stored = await rows(STREAM);
    const byId = (id: string): Readonly<Record<string, string | null>> => stored.find((row) => row['id'] === id) ?? {};
    must(
      stored.length === 3 && (byId('1')['name'] ?? null) === null && byId('2')['name'] === 'Ada',
      `rows: ${JSON.stringify(stored)}`,
    );
    must((byId('2')['later'] ?? null) === null && byId('3')['later'] === 'x', `rows: ${JSON.stringify(stored)}`);
  }),
  check(132, 'a property that vanishes keeps its column', TARGET, async (lab) => {
    const input =
      schemaLine(STREAM, { id: 'integer', name: { type: 'string' } }) +
      recordLine(STREAM, { id: 1, name: 'Ada' }) +
      schemaLine(STREAM, { id: 'integer' }) +
      recordLine(STREAM, { id: 2 });
    const { ran, config, rows } = await load(lab, input);
    mustSucceed(ran);
    mustSucceed(
      await lab.run({ config, input: schemaLine(STREAM, { id: 'integer' }) + recordLine(STREAM, { id: 3 }) }),
      'a later run',
    );
    const stored = await rows(STREAM);
    must(sameJson(column(stored, 'id'), ['1', '2', '3']), `rows: ${JSON.stringify(stored)}`);
    must(stored.find((row) => row['id'] === '1')?.['name'] === 'Ada', 'the value in the old column must stay');
  }),
  check(133, 'a widened type never cuts a value', TARGET, async (lab) => {
    const steps: readonly (readonly [string, unknown, unknown, unknown, unknown])[] = [
      ['whole', 'integer', 1, 'number', 1.5],
      ['amount', 'number', 2.5, 'string', 'two and a half'],
      [
        'day',
        { type: ['null', 'string'], format: 'date' },
        '2026-01-02',
        { type: ['null', 'string'], format: 'date-time' },
        '2026-01-02T03:04:05Z',
      ],
      ['must', { type: 'string' }, 'x', 'string', null],
    ];
    for (const [name, before, old, after, wider] of steps) {
      const first = schemaLine(STREAM, { id: 'integer', [name]: before }) + recordLine(STREAM, { id: 1, [name]: old });
      const then = schemaLine(STREAM, { id: 'integer', [name]: after }) + recordLine(STREAM, { id: 2, [name]: wider });
      const { ran, config, rows } = await load(lab, first + then);
      mustSucceed(ran, `${name} widened in mid run`);
      mustSucceed(await lab.run({ config, input: then }), `${name} widened in a later run`);
      const stored = await rows(STREAM);
      must(stored.length === 3, `${name}: ${stored.length} of 3 rows are there`);
      // A destination may have put the wider values into a column of its own beside the old one.
      const texts = stored.map((row) =>
        Object.entries(row)
          .filter(([key, text]) => key.startsWith(name) && text !== null)
          .map(([, text]) => text),
      );
      const wanted = wider === null ? 1 : 3;
      must(texts.flat().length === wanted, `${name}: ${JSON.stringify(stored)}`);
      must(
        typeof wider !== 'number' || texts.flat().includes(String(wider)),
        `${name} lost ${String(wider)}: ${JSON.stringify(stored)}`,
      );
    }
  }),
  check(134, 'changed keys are refused with advice', TARGET, async (lab) => {
    const upsert = lab.way('upsert');
    const types = { id: 'integer', code: 'integer' };
    const { ran, config, rows } = await load(
      lab,
      schemaLine(STREAM, types, ['id']) + recordLine(STREAM, { id: 1, code: 7 }),
      upsert,
    );
    mustSucceed(ran);
    const next = schemaLine(STREAM, types, ['code']) + recordLine(STREAM, { id: 2, code: 7 }) + stateLine({ at: 2 });
    const refused = await lab.run({ config, input: next });
    mustFail(refused, 'other keys than the table has');
    mustSay(refused, ['code', 'id']);
    mustPrint(refused, []);
    must((await rows(STREAM)).length === 1, 'the table must stay as it was');
  }),
];
