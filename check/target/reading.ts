import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustSay, mustSucceed, sameJson, stderrLines, story } from '../expect.ts';
import { failingJob, sampleMessages, SAMPLE_STATE, structuredLogConfig } from '../job.ts';
import type { Lab } from '../lab.ts';
import { isObject, line, parse, recordLine, schemaLine, stateLine } from '../messages.ts';
import { watchMemory } from '../plugin/output.ts';
import type { Ran } from '../process.ts';
import { column, feed, load, mustPrint, printed } from './feed.ts';

const TARGET = ['target'] as const;
const STREAM = 'check_reading';
const HUGE_BYTES = 60 * 1024 * 1024;
const HUGE_MEMORY_KB = 1024 * 1024;

export const readingChecks: readonly Check[] = [
  check(110, 'case, blank lines, CRLF, BOM, last newline', TARGET, async (lab) => {
    const lines = sampleMessages(STREAM).trimEnd().split('\n');
    const odd: Record<string, string> = {
      'lower case': `${lines.join('\n').replaceAll(/"(SCHEMA|RECORD|STATE)"/g, (type) => type.toLowerCase())}\n`,
      'blank lines': `\n${lines.join('\n\n  \n')}\n\n`,
      CRLF: `${lines.join('\r\n')}\r\n`,
      BOM: `\uFEFF${lines.join('\n')}\n`,
      'no final newline': lines.join('\n'),
    };
    for (const [name, input] of Object.entries(odd)) {
      const { ran, rows } = await load(lab, input);
      mustSucceed(ran, name);
      mustPrint(ran, [SAMPLE_STATE]);
      must(sameJson(column(await rows(STREAM), 'id'), ['1', '2']), `${name}: both rows must be there`);
    }
  }),
  check(111, 'an unknown type is warned of once', TARGET, async (lab) => {
    const strange = line({ type: 'CHECK_STRANGE', stream: STREAM, anything: [1] });
    const [schema, ...rest] = sampleMessages(STREAM).trimEnd().split('\n');
    const ran = await feed(lab, [schema, ...rest.flatMap((text) => [strange.trimEnd(), text])].join('\n') + '\n');
    mustPrint(ran, [SAMPLE_STATE]);
    const told = stderrLines(ran).filter((text) => /CHECK_STRANGE/i.test(text));
    must(told.length === 1, `it is told ${told.length} times: ${story(ran)}`);
  }),
  check(112, 'lines that are no messages fail with their number', TARGET, async (lab) => {
    const secret = 'private-text-of-a-row';
    const before = sampleMessages(STREAM);
    const uncovered = recordLine(STREAM, { id: 3, name: 'between' });
    const number = before.split('\n').length + 1;
    const after = recordLine(STREAM, { id: 9, name: 'late' }) + stateLine({ bookmarks: { check_sample: { at: 9 } } });
    for (const bad of [
      `chatter ${secret}`,
      `{"type": "RECORD", "stream": "${secret}"`,
      `["${secret}"]`,
      `{"stream": "${secret}"}`,
      '17',
      'null',
    ]) {
      const { ran, rows } = await load(lab, `${before}${uncovered}${bad}\n${after}`);
      mustFail(ran, `the line ${bad}`);
      must(new RegExp(`\\b${number}\\b`).test(ran.stderr), `line ${number} must be named: ${story(ran)}`);
      must(!ran.stderr.includes(secret), `the text of the line is shown: ${story(ran)}`);
      must(!printed(ran).some((state) => !sameJson(state, SAMPLE_STATE)), `a later state is printed: ${story(ran)}`);
      const ids = column(await rows(STREAM), 'id');
      const wanted = printed(ran).length > 0 ? ['1', '2'] : [];
      must(
        sameJson(ids, wanted),
        `with the states printed, the rows ${wanted.join(', ')} must be there, not ${ids.join(', ')}: ${story(ran)}`,
      );
    }
  }),
  check(113, 'data before SCHEMA has its own failure', TARGET, async (lab) => {
    mustName(await structured(lab, (await failingJob(lab)).input as string), 'RecordsWithoutSchemaException');
    const late = schemaLine('check_other', { id: 'integer' }) + recordLine('check_unannounced', { id: 1 });
    mustName(await structured(lab, late), 'RecordsWithoutSchemaException');
    const version = line({ type: 'ACTIVATE_VERSION', stream: 'check_unannounced', version: 1 });
    mustName(await structured(lab, version), 'RecordsWithoutSchemaException');
  }),
  check(114, 'a missing key has its own failure', TARGET, async (lab) => {
    const input =
      schemaLine(STREAM, { tenant: 'integer', code: 'string' }, ['tenant', 'code']) + recordLine(STREAM, { tenant: 123_456_789 });
    const ran = await structured(lab, input);
    mustName(ran, 'MissingKeyPropertiesError');
    mustSay(ran, [STREAM, 'code']);
    must(!ran.stderr.includes('123456789'), `a value of the row is shown: ${story(ran)}`);
  }),
  check(115, 'key_properties may be missing or null', TARGET, async (lab) => {
    const schema = { type: 'object', properties: { id: { type: 'integer' } } };
    for (const keys of [{}, { key_properties: null }, { key_properties: [] }]) {
      const input =
        line({ type: 'SCHEMA', stream: STREAM, schema, ...keys }) + recordLine(STREAM, { id: 1 }) + recordLine(STREAM, { id: 1 });
      const { ran, rows } = await load(lab, input);
      mustSucceed(ran, JSON.stringify(keys));
      must((await rows(STREAM)).length === 2, `${JSON.stringify(keys)}: both rows must be kept`);
    }
  }),
  check(116, 'a schema without properties fails', TARGET, async (lab) => {
    const { config } = await lab.destination();
    for (const schema of [{ type: 'object' }, { type: 'string' }, {}, { type: 'object', properties: 17 }]) {
      const ran = await lab.run({ config, input: line({ type: 'SCHEMA', stream: STREAM, schema, key_properties: [] }) });
      mustFail(ran, `the schema ${JSON.stringify(schema)}`);
      mustSay(ran, [STREAM]);
    }
  }),
  check(117, 'objects and arrays without sub-schema are JSON', TARGET, async (lab) => {
    const values = { thing: { a: [1, { b: null }], 'x y': 'ü' }, list: [1, 'two', { three: 3 }] };
    const input =
      schemaLine(STREAM, { id: 'integer', thing: { type: 'object' }, list: { type: 'array' } }) +
      recordLine(STREAM, { id: 1, ...values });
    const { ran, rows } = await load(lab, input);
    mustSucceed(ran);
    const [row] = await rows(STREAM);
    for (const [name, value] of Object.entries(values)) {
      must(sameJson(parse(row?.[name] ?? ''), value), `${name} is stored as ${JSON.stringify(row?.[name])}`);
    }
  }),
  check(118, 'keys that the schema lacks are named', TARGET, async (lab) => {
    const { config } = await lab.destination();
    const schema = { type: 'object', properties: { id: { type: 'integer' } } };
    const cases = [{ key_properties: ['id', 'check_absent'] }, { key_properties: ['id'], bookmark_properties: ['check_absent'] }];
    for (const more of cases) {
      const ran = await lab.run({ config, input: line({ type: 'SCHEMA', stream: STREAM, schema, ...more }) });
      mustFail(ran, JSON.stringify(more));
      mustSay(ran, ['check_absent']);
    }
  }),
  check(119, 'every way to spell a type loads', TARGET, async (lab) => {
    const properties = {
      id: { type: 'integer' },
      list: { type: ['string', 'null'] },
      any_of: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      one_of: { oneOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      all_of: { allOf: [{ type: ['integer', 'null'] }, { minimum: 0 }] },
      mixed: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
      reference: { $ref: '#/definitions/name' },
      constant: { const: 'fixed' },
      choice: { enum: ['a', 'b', null] },
      anything: {},
    };
    const schema = { type: 'object', properties, definitions: { name: { type: ['null', 'string'] } } };
    const record = {
      id: 1,
      list: 'text',
      any_of: 2,
      one_of: '2026-01-02T03:04:05Z',
      all_of: 3,
      mixed: 'either',
      reference: 'Ada',
      constant: 'fixed',
      choice: 'b',
      anything: { deep: [1] },
    };
    const nulls = {
      id: 2,
      list: null,
      any_of: null,
      one_of: null,
      all_of: null,
      mixed: 7,
      reference: null,
      constant: 'fixed',
      choice: null,
      anything: 'text',
    };
    const input =
      line({ type: 'SCHEMA', stream: STREAM, schema, key_properties: [] }) +
      recordLine(STREAM, record) +
      recordLine(STREAM, nulls);
    const { ran, rows } = await load(lab, input);
    mustSucceed(ran);
    const stored = await rows(STREAM);
    const [first, second] = [1, 2].map((id) => stored.find((row) => row['id'] === String(id)));
    must(first !== undefined && second !== undefined, `both rows must be there: ${JSON.stringify(stored)}`);
    for (const [name, value] of Object.entries(record)) {
      // A time may be stored in the destination's own spelling, and text in a JSON column with its quotes.
      const text = first[name];
      const same = name === 'one_of' ? text?.startsWith('2026-01-02') : text === value || sameJson(parse(text ?? ''), value);
      must(same === true, `${name} is stored as ${JSON.stringify(text)}`);
    }
    for (const name of ['list', 'any_of', 'one_of', 'all_of', 'reference', 'choice']) {
      must((second[name] ?? null) === null, `${name} must be null and is ${JSON.stringify(second[name])}`);
    }
  }),
  check(120, 'fields that the schema lacks', TARGET, async (lab) => {
    const extra = [1, 2, 3].map((id) => recordLine(STREAM, { id, check_extra: `hidden-${id}` })).join('');
    const { ran, rows } = await load(lab, schemaLine(STREAM, { id: 'integer' }) + extra);
    mustSucceed(ran);
    must(sameJson(column(await rows(STREAM), 'id'), ['1', '2', '3']), 'all rows must be there');
    const told = stderrLines(ran).filter((text) => text.includes('check_extra'));
    const [row] = await rows(STREAM);
    must(
      told.length === 1 || (told.length === 0 && row?.['check_extra'] !== undefined),
      `kept, or told once, not ${told.length} times: ${story(ran)}`,
    );
    must(!ran.stderr.includes('hidden-'), `a value is shown: ${story(ran)}`);
  }),
  check(121, 'an invalid row fails without its value', TARGET, async (lab) => {
    const value = 'private-text-of-a-row';
    const cases: readonly [Record<string, unknown>, Record<string, unknown>, string][] = [
      [{ id: 'integer', amount: 'integer' }, { id: 1, amount: value }, 'amount'],
      [{ id: 'integer', at: { type: 'string', format: 'date-time' } }, { id: 1, at: value }, 'at'],
      [{ id: 'integer', kind: { type: 'string', enum: ['a', 'b'] } }, { id: 1, kind: value }, 'kind'],
      [{ id: 'integer', short: { type: 'string', maxLength: 3 } }, { id: 1, short: value }, 'short'],
      [
        { id: 'integer', thing: { type: 'object', properties: { inner: { type: 'integer' } } } },
        { id: 1, thing: { inner: value } },
        'inner',
      ],
    ];
    for (const [properties, record, path] of cases) {
      const { ran, rows } = await load(
        lab,
        schemaLine(STREAM, properties) + recordLine(STREAM, record) + stateLine({ after: 'it' }),
      );
      mustFail(ran, `a row with a wrong ${path}`);
      mustSay(ran, [STREAM, path]);
      must(!ran.stderr.includes(value), `the value of ${path} is shown: ${story(ran)}`);
      mustPrint(ran, []);
      must((await rows(STREAM)).length === 0, 'the invalid row was loaded');
    }
  }),
  check(122, 'a 60 MiB line', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable();
    const running = await lab.start({ config });
    const memory = watchMemory(running.pid);
    const text = 'x'.repeat(HUGE_BYTES);
    void running.write(
      schemaLine(STREAM, { id: 'integer', text: 'string' }) + recordLine(STREAM, { id: 1, text }) + stateLine({ at: 1 }),
    );
    running.end();
    const ran = await running.ended(60_000);
    memory.stop();
    must(memory.peak() < HUGE_MEMORY_KB, `${memory.peak()} kB were in use for a line of ${HUGE_BYTES} bytes`);
    if (ran.code === 0) {
      const [row] = await readBack(STREAM);
      must(row?.['text']?.length === text.length, `${row?.['text']?.length} of ${text.length} characters are stored`);
      mustPrint(ran, [{ at: 1 }]);
    } else {
      mustFail(ran);
      must(/\d/.test(ran.stderr) && /long|limit|large|size/i.test(ran.stderr), `the limit must be named: ${story(ran)}`);
    }
  }),
  check(123, 'numbers are exact', TARGET, async (lab) => {
    const numbers = [
      '9007199254740993',
      '-9223372036854775808',
      '12345678901234567890.123456789',
      '0.1',
      '1.10',
      '123456789012345678901234567890',
    ];
    const input =
      schemaLine(STREAM, { id: 'integer', big: { type: 'integer' }, amount: { type: 'number' } }) +
      numbers
        .map(
          (text, id) =>
            `{"type":"RECORD","stream":"${STREAM}","record":{"id":${id},"${text.includes('.') || text.length > 20 ? 'amount' : 'big'}":${text}}}\n`,
        )
        .join('');
    const { ran, rows } = await load(lab, input);
    mustSucceed(ran);
    for (const row of await rows(STREAM)) {
      const wanted = numbers[Number(row['id'])]!;
      const found = row['big'] ?? row['amount'];
      must(found === wanted || sameDecimal(found ?? '', wanted), `${wanted} is stored as ${String(found)}`);
    }
    must((await rows(STREAM)).length === numbers.length, 'a row is missing');
  }),
  check(124, 'NUL and control characters load', TARGET, async (lab) => {
    const texts = [
      'a\u0000b',
      '\u0001\u001f\u007f',
      'tab\tline\nreturn\r',
      'quote " back \\ slash',
      'Ωμέγα 中文 é 😀',
      '\u2028\u2029',
      '\\N',
      '\\.',
    ];
    const input = schemaLine(STREAM, { id: 'integer', text: 'string', thing: { type: 'object' } });
    const { ran, rows } = await load(
      lab,
      input + texts.map((text, id) => recordLine(STREAM, { id, text, thing: { [`k${text}`]: text } })).join(''),
    );
    mustSucceed(ran);
    const stored = await rows(STREAM);
    must(stored.length === texts.length, `${stored.length} of ${texts.length} rows are there`);
    for (const row of stored) {
      const text = texts[Number(row['id'])]!;
      const found = row['text'];
      // A destination without NUL may leave it out or replace it; nothing else may change.
      const kept = found === text || (text.includes('\u0000') && /^a.{0,6}b$/u.test(found ?? ''));
      must(kept, `${JSON.stringify(text)} is stored as ${JSON.stringify(found)}`);
      must(
        text.includes('\u0000') || sameJson(parse(row['thing'] ?? ''), { [`k${text}`]: text }),
        `in an object: ${JSON.stringify(row['thing'])}`,
      );
    }
  }),
  check(125, 'odd stream names', TARGET, async (lab) => {
    const long = 'check_long_'.repeat(30);
    const names = [
      'test:SpecialChars!in?attributes',
      'check schema-check table',
      `${long}a`,
      `${long}b`,
      'Check_Fold',
      'check_fold',
      '../../check_up',
      'check/slash',
      'Größe😀',
      'select',
    ];
    const { config, readBack, names: made } = await lab.destination();
    const input = names.map((name, id) => schemaLine(name, { id: 'integer' }) + recordLine(name, { id })).join('');
    const ran = await lab.run({ config, input });
    mustSucceed(ran);
    // Only who knows the names that the target makes can find what it stored.
    if (made === undefined || readBack === undefined) {
      mustSucceed(await lab.run({ config, input }), 'the same streams again');
      return;
    }
    for (const [id, name] of names.entries()) {
      const found = column(await readBack(name), 'id');
      must(sameJson(found, [String(id)]), `the stream ${name.slice(0, 40)} holds ${JSON.stringify(found)}`);
    }
    const first = await made();
    must(new Set(first).size >= names.length, `${names.length} streams became ${first.length} names`);
    mustSucceed(await lab.run({ config, input }), 'the same streams again');
    must(sameJson([...(await made())].sort(), [...first].sort()), 'a second run made other names');
  }),
  check(126, 'one key many times', TARGET, async (lab) => {
    const rowsIn = [1, 2, 1, 3, 1, 2].map((id, at) => recordLine(STREAM, { id, at })).join('');
    const input = schemaLine(STREAM, { id: 'integer', at: 'integer' }, ['id']) + rowsIn;
    // One that is known to upsert, and for no setting to append, is not blamed for the rows that it replaces.
    if (lab.can('append') || !lab.can('upsert')) {
      const append = await load(lab, input, lab.perhaps('append'));
      mustSucceed(append.ran);
      must((await append.rows(STREAM)).length === 6, `append-only must keep all six rows: ${story(append.ran)}`);
    }
    if (!lab.can('upsert')) return;
    const upsert = await load(lab, input, lab.way('upsert'));
    mustSucceed(upsert.ran);
    const kept = Object.fromEntries((await upsert.rows(STREAM)).map((row) => [row['id'], row['at']]));
    must(
      (await upsert.rows(STREAM)).length === 3 && sameJson(kept, { 1: '4', 2: '5', 3: '3' }),
      `upsert must keep the last: ${JSON.stringify(kept)}`,
    );
    mustSucceed(await lab.run({ config: upsert.config, input }), 'the same again');
    must((await upsert.rows(STREAM)).length === 3, 'a second upsert of the same rows must add none');
  }),
  check(127, 'without keys rows are appended', TARGET, async (lab) => {
    const input = schemaLine(STREAM, { id: 'integer' }, []) + recordLine(STREAM, { id: 1 }) + recordLine(STREAM, { id: 1 });
    for (const settings of lab.can('upsert') ? [{}, lab.way('upsert')] : [{}]) {
      const { ran, config, rows } = await load(lab, input, settings);
      mustSucceed(ran);
      mustSucceed(await lab.run({ config, input }), 'the second run');
      must(
        (await rows(STREAM)).length === 4,
        `${JSON.stringify(settings)}: four rows must be there, not ${(await rows(STREAM)).length}`,
      );
    }
  }),
  check(128, '--input FILE behaves as stdin', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable();
    const file = await lab.file('messages.singer', sampleMessages(STREAM));
    const ran = await lab.run({ config, args: ['--input', file], open: true });
    mustSucceed(ran, '--input');
    mustPrint(ran, [SAMPLE_STATE]);
    must(sameJson(column(await readBack(STREAM), 'id'), ['1', '2']), 'both rows must be there');
    const missing = `${lab.dir}/no-such.singer`;
    const failed = await lab.run({ config, args: ['--input', missing], open: true });
    mustFail(failed, 'a missing --input file');
    mustSay(failed, [missing]);
  }),
];

/** Runs the input with structured logs; it must fail. */
async function structured(lab: Lab, input: string): Promise<Ran> {
  const { config } = await lab.destination();
  const log = await lab.file('typed-log.json', structuredLogConfig('INFO'));
  const ran = await lab.run({ config, input, env: { SINGER_SDK_LOG_CONFIG: log } });
  mustFail(ran);
  return ran;
}

function mustName(ran: Ran, type: string): void {
  const types = stderrLines(ran)
    .map((text) => parse(text))
    .map((record) => (isObject(record) && isObject(record['exception']) ? record['exception']['type'] : undefined))
    .filter((found) => typeof found === 'string');
  if (types.length === 0) throw new Skipped('it has no structured logs');
  must(types.includes(type), `the failure is called ${types.join(', ')}, not ${type}: ${story(ran)}`);
}

/** Equality of decimal texts, whatever their trailing zeros. */
function sameDecimal(a: string, b: string): boolean {
  const bare = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  return bare(a) === bare(b);
}
