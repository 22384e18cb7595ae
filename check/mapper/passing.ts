import { check, type Check } from '../check.ts';
import { canonical, must, mustSucceed, sameJson, stdoutLines } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { line, messagesOf, parse, stateLine } from '../messages.ts';
import { excerpt } from '../process.ts';
import type { Config } from '../subject.ts';
import { batch, map, people, PEOPLE, person, run, schema, TOWNS } from './input.ts';

const MAPPER = ['mapper'] as const;
/** A state's value as no program would write it anew: blanks, order, numbers and escapes of its own. */
const ODD_STATE = String.raw`{"z": 1.10, "bookmarks" : {"check_people":{"id":12345678901234567890,"e":1E400}}, "a":"\u00e9\/"}`;
/** Texts of numbers that a double would change. */
const NUMBERS = ['12345678901234567890123', '1.10', '1e400', '-0', '0.1000000000000000055511151231257827', '1E2'];

export const passingChecks: readonly Check[] = [
  check(94, 'without rules all passes, in order', MAPPER, async (lab) => {
    const file = await batch(lab, [7, 8], TOWNS);
    const input =
      schema(PEOPLE, { bookmark_properties: ['at'], check_extra: { kept: [1, null] } }) +
      line({ type: 'RECORD', stream: PEOPLE, record: person(1), version: 17, time_extracted: '2026-01-02T03:04:05.678901Z' }) +
      line({ type: 'RECORD', stream: PEOPLE, record: { ...person(2), unannounced: { deep: [true] } }, check_extra: 'kept' }) +
      line({ type: 'CHECK_UNHEARD_OF', stream: PEOPLE, anything: { at: 'all' } }) +
      stateLine({ bookmarks: { [PEOPLE]: { at: 1 } } }) +
      schema(TOWNS) +
      people([3], TOWNS) +
      people([4]) +
      line({ type: 'ACTIVATE_VERSION', stream: PEOPLE, version: 17 }) +
      file.message +
      stateLine({ bookmarks: { [PEOPLE]: { at: 2 } } });
    const { ran } = await map(lab, lab.perhaps('no-rules'), input);
    const [came, left] = [stdoutLines({ stdout: Buffer.from(input) }), stdoutLines(ran)];
    for (const [at, text] of came.entries()) {
      must(
        sameJson(parse(left[at] ?? ''), parse(text)),
        `message ${at + 1}, ${excerpt(text, 300)}, leaves as ${excerpt(left[at] ?? '', 300)}`,
      );
    }
    must(left.length === came.length, `${came.length} messages came, ${left.length} left`);
  }),
  check(95, 'STATE passes as it is, in its place', MAPPER, async (lab) => {
    const states = [ODD_STATE, ODD_STATE.replace('"z": 1', '"z": 2')];
    const stateText = (value: string): string => `{"type":"STATE","value":${value}}\n`;
    const many = Array.from({ length: 3000 }, (_, id) => id);
    const input =
      schema() +
      people(many.slice(0, 1500)) +
      stateText(states[0]!) +
      schema(TOWNS) +
      people(many.slice(1500), TOWNS) +
      stateText(states[1]!);
    for (const settings of withAndWithoutRules(lab)) {
      const { ran, messages } = await map(lab, settings, input);
      for (const state of states) must(ran.stdout.includes(state), `the value of a STATE is not as it came, ${state}`);
      const places = messages.flatMap(({ type }, at) => (type === 'STATE' ? [at] : []));
      must(places.length === 2, `2 STATEs came, ${places.length} left`);
      const counts = places.map((place) => messages.slice(0, place).filter(({ type }) => type === 'RECORD').length);
      must(sameJson(counts, [1500, 3000]), `the STATEs after 1500 and 3000 records leave after ${counts.join(' and ')}`);
    }
  }),
  check(102, 'numbers keep their text', MAPPER, async (lab) => {
    const records = NUMBERS.map((text, id) => {
      const record = `{"id":${id},"secret":"clear-${id}@@","amount":${text},"deep":{"list":[${text}]}}`;
      return `{"type":"RECORD","stream":"${PEOPLE}","record":${record}}\n`;
    });
    for (const settings of withAndWithoutRules(lab)) {
      const { ran } = await map(lab, settings, schema() + records.join(''));
      const left = stdoutLines(ran).map((text) => text.replaceAll(/\s/g, ''));
      for (const text of NUMBERS) {
        must(
          left.some((one) => one.includes(`"amount":${text}`) && one.includes(`[${text}]`)),
          `the number ${text} does not leave as it came`,
        );
      }
    }
  }),
  check(108, '--input FILE is stdin', MAPPER, async (lab) => {
    const input = schema() + people([1, 2, 3]) + stateLine({ at: 3 });
    const file = await lab.file('input.singer', input);
    for (const settings of withAndWithoutRules(lab)) {
      const { ran } = await map(lab, settings, input);
      const other = await run(lab, settings, '', { args: ['--input', file], open: true, milliseconds: 20_000 });
      mustSucceed(other, '--input FILE');
      must(
        sameJson(messagesOf(other).map(canonical), messagesOf(ran).map(canonical)) && messagesOf(other).length >= 5,
        `--input FILE gives ${excerpt(other.stdout.toString())}`,
      );
    }
  }),
  check(109, 'a repeated SCHEMA stays the same', MAPPER, async (lab) => {
    const input = schema() + people([1]) + schema() + people([2]) + schema();
    for (const settings of withAndWithoutRules(lab)) {
      const { messages } = await map(lab, settings, input);
      const schemas = messages.filter(({ type }) => type === 'SCHEMA');
      must(schemas.length >= 1 && schemas.length <= 3, `3 equal SCHEMAs came, ${schemas.length} left`);
      must(new Set(schemas.map(canonical)).size === 1, `equal SCHEMAs leave as different ones: ${JSON.stringify(schemas)}`);
      must(messages[0]?.type === 'SCHEMA', `the first message is ${JSON.stringify(messages[0])}`);
      must(messages.filter(({ type }) => type === 'RECORD').length === 2, 'both records must pass');
    }
  }),
];

/** Settings without rules and, where one is known, with a rule that leaves every record. */
function withAndWithoutRules(lab: Lab): readonly Config[] {
  const ways = (['no-rules', 'drop-field', 'redact-field', 'hash-field'] as const).filter((way) => lab.can(way)).slice(0, 2);
  return ways.length === 0 ? [{}] : ways.map((way) => lab.way(way));
}
