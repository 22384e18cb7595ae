import { describe, expect, test } from 'vitest';
import { type JsonObject } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/mapper/index.ts';
import { type TransformConfig, transformSettings } from '../../../transforms/config/settings.ts';
import { check } from '../../../transforms/modes/check.ts';
import { explain } from '../../../transforms/modes/explain.ts';
import { keepingLog } from '../../support/memory-tap.ts';
import { recordOf, schemaOf } from './run.ts';

const config = (given: JsonObject): TransformConfig => checkConfig(transformSettings, given).config as TransformConfig;
const run = { name: 'transform-records', version: '0', log: keepingLog(), signal: new AbortController().signal };
const properties = { id: { type: 'integer' }, email: { type: ['string', 'null'] }, zip: { type: 'string' } };
const catalog = {
  streams: [
    { tap_stream_id: 'users', schema: { type: 'object', properties }, key_properties: ['id'] },
    { tap_stream_id: 'other', schema: { type: 'object', properties: { a: {} } }, key_properties: [] },
  ],
};

describe('--check', () => {
  const rules = {
    transforms: { users: { fields: { email: 'redact', zip: { truncate: 2 } }, rename: { zip: 'area' }, alias: 'people' } },
  };

  test('shows what comes out of each stream of the catalog, and what each field shows of a person', async () => {
    const { ok, text } = await check(config(rules), run, { catalog, format: 'json' });
    expect(ok).toBe(true);
    const { streams, problems } = JSON.parse(text) as { streams: JsonObject[]; problems: JsonObject[] };
    expect(problems).toEqual([]);
    expect(streams[0]).toMatchObject({
      stream: 'users',
      rules: true,
      out: [
        {
          stream: 'people',
          key_properties: ['id'],
          fields: [
            { name: 'id', type: 'integer', privacy: 'clear' },
            { name: 'email', privacy: 'removed' },
            { name: 'area', type: 'string', privacy: 'clear' },
          ],
        },
      ],
    });
    expect(streams[1]).toMatchObject({ stream: 'other', rules: false });
  });

  test('tells every problem of every stream at once, and entries that mean no stream', async () => {
    const wrong = {
      transforms: { users: { fields: { emial: 'lower' }, drop: ['zipp'] }, usres: { fields: { email: 'lower' } } },
    };
    const { ok, text } = await check(config(wrong), run, { catalog, format: 'text' });
    expect(ok).toBe(false);
    expect(text).toMatch(/PROBLEM transforms.users.fields.emial: .*did you mean email\?/);
    expect(text).toMatch(/PROBLEM transforms.users.drop.*zip/);
    expect(text).toMatch(/PROBLEM transforms.usres: no stream of the catalog is called usres/);
  });
});

describe('--explain', () => {
  async function* input(...messages: JsonObject[]): AsyncGenerator<Buffer> {
    yield Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  test('shows each rule at work on the first records, a refused one with the reason', async () => {
    const rules = {
      transforms: { users: { fields: { email: ['trim', 'email'] }, set: { n: { sequence: {} } }, drop: ['zip'] } },
    };
    const messages = input(
      schemaOf('users', properties, ['id']),
      recordOf('users', { id: 1, email: ' A@B.example ', zip: '12345' }),
      recordOf('users', { id: 2, email: 'nobody', zip: '12345' }),
    );
    const { ok, text } = await explain(config(rules), run, { format: 'text', input: messages });
    expect(ok).toBe(false);
    expect(text.split('\n')).toEqual([
      'users {"id":1,"email":" A@B.example ","zip":"12345"}',
      '  transforms.users.fields:',
      '    users {"id":1,"email":"A@b.example","zip":"12345"}',
      '  transforms.users.set:',
      '    users {"id":1,"email":"A@b.example","zip":"12345","n":1}',
      '  transforms.users.drop:',
      '    users {"id":1,"email":"A@b.example","n":1}',
      '',
      'users {"id":2,"email":"nobody","zip":"12345"}',
      '  transforms.users.fields: REFUSED email: email: the text is no e-mail address (quarantine)',
    ]);
  });

  test('needs a record', async () => {
    const work = explain(config({ transforms: {} }), run, { format: 'text', input: input() });
    await expect(work).rejects.toThrow(/no record in the input/);
  });
});
