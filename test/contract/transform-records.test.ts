import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { prove } from './prove.ts';
import { fieldTransformations, streamMaps, transformRecords } from './subjects/transform-records.ts';

const RECORDED = ['meltanolabs-tap-postgres', 'pipelinewise-tap-postgres', 'singer-tap-postgres'];
/** The statements about rules. */
const RULES = [95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 108, 109];
/** Those about rules that transform-field has. Its hashes need no key. */
const FIELD_RULES = [95, 96, 101, 102, 105, 108, 109];
const PEOPLE =
  '{"type":"SCHEMA","stream":"people","schema":{"type":"object","properties":{"id":{"type":"integer"},"mail":{"type":["null","string"]}}},"key_properties":["id"]}\n';

describe('transform-records', () => {
  prove(transformRecords());

  describe('with stream maps', () => prove(streamMaps(), RULES));
  describe('with the rules of transform-field', () => prove(fieldTransformations(), FIELD_RULES));

  test.each(RECORDED)('[182] what %s wrote passes byte for byte, and a rule changes its field alone', async (name) => {
    await runLab(transformRecords(), async (lab) => {
      const input = await readFile(new URL(`../streams/recorded/${name}.singer`, import.meta.url), 'utf8');
      const plain = await lab.run({ config: {}, input });
      expect(plain.code, plain.stderr).toBe(0);
      expect(plain.stdout.toString()).toBe(input);
      const ruled = await lab.run({ config: { transforms: { '*': { fields: { customer: 'redact' } } } }, input });
      expect(ruled.code, ruled.stderr).toBe(0);
      const lines = (text: string): string[] =>
        text
          .trimEnd()
          .split('\n')
          .filter((line) => !line.includes('"SCHEMA"'))
          // Blanks around the new value are ours.
          .map((line) => line.replaceAll(/([,:]) /g, '$1'));
      expect(lines(ruled.stdout.toString())).toEqual(
        lines(input).map((line) => line.replace(/("customer":)"(?:[^"\\]|\\.)*"/, '$1"REDACTED"')),
      );
    });
  });

  test('[173] nested settings are taken as objects and by dots', async () => {
    await runLab(transformRecords(), async (lab) => {
      const defaults = [{ defaults: { on_error: 'drop_record' } }, { 'defaults.on_error': 'drop_record' }];
      const input = `${PEOPLE}{"type":"RECORD","stream":"people","record":{"id":1,"mail":"nobody"}}\n`;
      for (const setting of defaults) {
        const config = { transforms: { people: { fields: { mail: 'email' } } }, ...setting };
        const ran = await lab.run({ config, input });
        expect(ran.code, ran.stderr).toBe(0);
        expect(ran.stdout.toString()).toBe(PEOPLE);
        expect(ran.stderr).toContain('dropped=1');
      }
    });
  });

  test.each(['fail', 'quarantine', 'drop_record', 'null', 'redact'])(
    '[106] on_error %s: what becomes of a value that a rule cannot take is what was asked, and never the value',
    async (policy) => {
      await runLab(transformRecords(), async (lab) => {
        const config = {
          transforms: { people: { fields: { mail: [{ email: {}, on_error: policy }, 'redact'] } } },
        };
        const records = ['ada@example.org', 'no-address-at-all'].map(
          (mail, id) => `${JSON.stringify({ type: 'RECORD', stream: 'people', record: { id, mail } })}\n`,
        );
        const ran = await lab.run({ config, input: PEOPLE + records.join('') });
        expect(ran.stdout.toString() + ran.stderr).not.toContain('no-address-at-all');
        expect(ran.code, ran.stderr).toBe(policy === 'fail' ? 1 : 0);
        const left = ran.stdout
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string; stream: string; record?: { mail?: unknown } })
          .filter(({ type }) => type === 'RECORD')
          .map(({ stream, record }) => [stream, record?.mail]);
        const first = ['people', 'REDACTED'];
        const second = {
          fail: [],
          quarantine: [['people__quarantine', undefined]],
          drop_record: [],
          null: [['people', null]],
          redact: [['people', 'REDACTED']],
        }[policy];
        expect(left).toEqual([first, ...second!]);
      });
    },
  );
});
