import { readFile } from 'node:fs/promises';
import { batchRows } from '../batch-rows.ts';
import { check, Skipped, type Check } from '../check.ts';
import { must, mustSay, mustSucceed, sameJson, story } from '../expect.ts';
import { schemaCompiler } from '../formats.ts';
import type { Lab } from '../lab.ts';
import { line, messagesOf, recordsOf, stateLine, statesOf, type Message } from '../messages.ts';
import type { Way } from '../ways.ts';
import { batch, CLEAR, map, people, PEOPLE, run, schema, TOWNS } from './input.ts';

const MAPPER = ['mapper'] as const;
const STATE = { bookmarks: { [PEOPLE]: { id: 3 }, [TOWNS]: { id: 1 } } };
const IDS = [1, 2, 3];
const ALIAS = 'check_persons';

/** Rules that change what a record looks like, and the name of the field afterwards; undefined: it is gone. */
const CHANGES: readonly (readonly [way: Way, field: string | undefined])[] = [
  ['drop-field', undefined],
  ['rename-field', 'hidden'],
  ['redact-field', 'secret'],
  ['hash-field', 'secret'],
];

export const changingChecks: readonly Check[] = [
  check(96, 'SCHEMA says what the records are', MAPPER, async (lab) => {
    for (const [way, field] of able(lab, CHANGES)) {
      const { messages } = await map(lab, lab.way(way), schema() + people(IDS) + stateLine(STATE));
      const properties = schemaIn(messages).schema?.properties ?? {};
      const names = ['id', 'secret', 'hidden', 'amount', 'at'].filter((name) => name in properties);
      const wanted = ['id', 'secret', 'hidden', 'amount', 'at'].filter(
        (name) => !['secret', 'hidden'].includes(name) || name === field,
      );
      must(sameJson(names, wanted), `${way}: SCHEMA names ${names.join(', ')}`);
      const records = mustValidate(messages, way);
      must(records.length === IDS.length, `${way}: ${records.length} of ${IDS.length} records leave`);
      for (const { record = {} } of records) {
        must(!('secret' in record) || field === 'secret', `${way}: a record still has the field`);
        must(field === undefined || field in record, `${way}: a record lacks ${field ?? ''}`);
        must(field === 'hidden' || !CLEAR.test(JSON.stringify(record)), `${way}: a record has the value that came`);
      }
    }
  }),
  check(97, 'a key that changes is followed or refused', MAPPER, async (lab) => {
    for (const way of able(lab, [['drop-key'], ['hash-key']] as const).map(([name]) => name)) {
      const ran = await run(lab, lab.way(way), schema() + people(IDS));
      if (ran.code !== 0) {
        must(ran.stderr.trim() !== '', `${way}: a refusal must say why: ${story(ran)}`);
        must(recordsOf(messagesOf(ran)).length === 0, `${way}: it was refused after records had left: ${story(ran)}`);
        continue;
      }
      const messages = messagesOf(ran);
      const { key_properties: keys = [], schema: shape } = schemaIn(messages);
      for (const key of keys) must(key in (shape?.properties ?? {}), `${way}: the key ${key} is no property`);
      for (const { record = {} } of mustValidate(messages, way))
        must(
          keys.every((key) => (record[key] ?? null) !== null),
          `${way}: a record lacks its key`,
        );
    }
  }),
  check(98, 'an alias is in every message', MAPPER, async (lab) => {
    const file = await batch(lab, [4, 5]);
    const input =
      schema() + people(IDS) + file.message + line({ type: 'ACTIVATE_VERSION', stream: PEOPLE, version: 5 }) + stateLine(STATE);
    const { messages } = await map(lab, lab.way('alias'), input);
    const others = messages.filter(({ type, stream }) => type !== 'STATE' && stream !== ALIAS);
    must(others.length === 0, `messages leave under the old name: ${JSON.stringify(others).slice(0, 300)}`);
    for (const type of ['SCHEMA', 'RECORD', 'ACTIVATE_VERSION'])
      must(
        messages.some((message) => message.type === type),
        `no ${type} left`,
      );
    const rows = messages.flatMap(batchRows).length + recordsOf(messages).length;
    must(rows === 5, `5 records came, ${rows} left`);
    must(sameJson(statesOf(messages), [STATE]), `the state has changed: ${JSON.stringify(statesOf(messages))}`);
  }),
  check(99, 'all that is no record passes a filter', MAPPER, async (lab) => {
    const input = schema() + people(IDS) + line({ type: 'ACTIVATE_VERSION', stream: PEOPLE, version: 5 }) + stateLine(STATE);
    const { messages } = await map(lab, lab.way('filter-all'), input);
    const types = messages.map(({ type }) => type);
    must(sameJson(types, ['SCHEMA', 'ACTIVATE_VERSION', 'STATE']), `what leaves is ${types.join(', ')}`);
    must(sameJson(statesOf(messages), [STATE]), `the state has changed: ${JSON.stringify(statesOf(messages))}`);
  }),
  check(100, 'of a removed stream nothing passes', MAPPER, async (lab) => {
    const file = await batch(lab, [4, 5]);
    const input =
      schema() +
      schema(TOWNS) +
      people(IDS) +
      people([1], TOWNS) +
      file.message +
      line({ type: 'ACTIVATE_VERSION', stream: PEOPLE, version: 5 }) +
      stateLine(STATE);
    const { messages } = await map(lab, lab.way('remove-stream'), input);
    const left = messages.map(({ type, stream }) => (stream === undefined ? type : `${type} ${stream}`));
    must(sameJson(left, [`SCHEMA ${TOWNS}`, `RECORD ${TOWNS}`, 'STATE']), `what leaves is ${left.join(', ')}`);
    must(sameJson(statesOf(messages), [STATE]), `the state has changed: ${JSON.stringify(statesOf(messages))}`);
  }),
  check(101, 'the records of a BATCH are changed too', MAPPER, async (lab) => {
    for (const [way, field] of able(lab, CHANGES)) {
      const file = await batch(lab, [4, 5]);
      const before = await readFile(file.path);
      const input = schema() + people(IDS) + file.message + stateLine(STATE);
      const { messages } = await map(lab, lab.way(way), input);
      const rows = [...recordsOf(messages), ...messages.flatMap(batchRows)];
      must(rows.length === 5, `${way}: 5 records came, ${rows.length} left`);
      const compiled = schemaCompiler()(schemaIn(messages).schema ?? {});
      for (const { record = {} } of rows) {
        must(compiled(record), `${way}: a record breaks its SCHEMA: ${JSON.stringify(compiled.errors)}`);
        must(field === 'secret' || !('secret' in record), `${way}: a record of a BATCH still has the field`);
        must(field === 'hidden' || !CLEAR.test(JSON.stringify(record)), `${way}: a record of a BATCH has the value that came`);
      }
      const after = await readFile(file.path).catch(() => undefined);
      must(after === undefined || after.equals(before), `${way}: the file that came was changed`);
      must(messages.at(-1)?.type === 'STATE', `${way}: the STATE must leave last`);
    }
  }),
  check(103, 'rules that meet nothing are told', MAPPER, async (lab) => {
    for (const [way] of able(lab, [['lost-field'], ['lost-stream']] as const)) {
      const ran = await run(lab, lab.way(way), schema() + people(IDS));
      mustSay(ran, ['check_absent']);
      if (way === 'lost-stream') mustSucceed(ran, 'a run without one of the streams');
      must(ran.code === 0 || recordsOf(messagesOf(ran)).length === 0, `refused too late: ${story(ran)}`);
    }
  }),
];

/** Those whose way is known; skips the check when none is. */
function able<const T extends readonly [Way, ...unknown[]]>(lab: Lab, all: readonly T[]): readonly T[] {
  const known = all.filter(([way]) => lab.can(way));
  if (known.length > 0) return known;
  // Says which way is missing.
  lab.way(all[0]![0]);
  throw new Skipped('no rule is known');
}

function schemaIn(messages: readonly Message[]): Message {
  const found = messages.find(({ type }) => type === 'SCHEMA');
  must(found !== undefined, 'no SCHEMA left');
  return found;
}

/** Every record must keep to the SCHEMA that left before it; gives them. */
function mustValidate(messages: readonly Message[], way: string): readonly Message[] {
  must(messages[0]?.type === 'SCHEMA', `${way}: the first message is ${JSON.stringify(messages[0])}`);
  const validate = schemaCompiler()(schemaIn(messages).schema ?? {});
  const records = recordsOf(messages);
  for (const { record } of records)
    must(validate(record), `${way}: a record breaks its SCHEMA: ${JSON.stringify(validate.errors)}`);
  return records;
}
