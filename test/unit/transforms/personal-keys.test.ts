import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { field, keys, results, TEXT } from './personal.ts';

describe('a key', () => {
  test.each([[null], [undefined]])('that is %s is never a token: the run ends, or the record is put aside', async (missing) => {
    await expect(field('pseudonymize', TEXT, ['a', missing], true)).rejects.toThrow(
      /in v: pseudonymize: a key must have a value/,
    );
    const result = await field({ pseudonymize: {}, on_error: 'quarantine' }, TEXT, ['a', missing], true);
    expect(result.records('s')).toHaveLength(1);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'key-missing', _q_field: 'v' }]);
  });

  const COARSE: readonly Json[] = [
    'redact',
    'nullify',
    { replace: 'x' },
    { mask: 'email' },
    { mask: { keep_first: 30 }, when: "other == 'x'" },
    { generalize: { date: 'year' } },
    'ip_truncate',
    { date_shift: { subject: 'other' } },
  ];

  test.each(COARSE)('is refused by %j: different rows would become one', async (step) => {
    await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/fields\.v\.\w+: cannot be done to a key: different rows/);
  });

  test('is given no token so short that two may be equal', async () => {
    await expect(field({ pseudonymize: { length: 8, short: 'ok' } }, TEXT, ['a'], true)).rejects.toThrow(
      /length: must be at least 16 for hex of a key/,
    );
    expect((await field({ pseudonymize: { length: 16, short: 'ok' } }, TEXT, ['a'], true)).records()).toHaveLength(1);
  });

  const keyed = (rules: JsonObject, keyProperties: readonly string[] = ['v']): Promise<Transformed> =>
    transform({ keys, transforms: { s: rules } }, [
      schemaOf('s', { id: { type: 'integer' }, v: { type: 'string' } }, keyProperties),
      schemaOf('s', { id: { type: 'integer' }, v: { type: 'string' }, w: {} }, keyProperties),
      recordOf('s', { id: 1, v: 'ada@example.org' }),
    ]);

  test('that keys takes the place of may be made coarse, and one that it makes may not', async () => {
    const fields = { v: { mask: 'email' } };
    expect((await keyed({ fields, keys: ['id'] })).records()).toEqual([{ id: 1, v: 'a**@example.org' }]);
    expect((await keyed({ fields: { v: 'nullify' }, rename: { v: 'u' }, keys: 'id' })).records()).toEqual([{ id: 1, u: null }]);
    expect((await keyed({ keys: ['id'], then: { fields } })).records()).toEqual([{ id: 1, v: 'a**@example.org' }]);
    for (const rules of [
      { fields, keys: ['v'] },
      { fields, keys: ['id', 'v'] },
      { fields, rename: { v: 'u' }, keys: ['u'] },
      { fields, then: { keys: ['v'] } },
    ]) {
      await expect(keyed(rules, ['id'])).rejects.toThrow(/mask: cannot be done to a key/);
    }
  });

  test('still counts as one where a rule before keys tells rows apart by it', async () => {
    const fields = { v: { mask: 'email' } };
    for (const rules of [
      { fields, dedupe: {}, keys: ['id'] },
      { fields, rename: { style: 'upper' }, keys: ['ID'] },
    ]) {
      await expect(keyed(rules)).rejects.toThrow(/mask: cannot be done to a key/);
    }
  });

  test.each<[Json]>([
    ['lower'],
    ['upper'],
    ['title'],
    ['casefold'],
    [{ truncate: 20 }],
    ['slug'],
    ['strip_html'],
    [{ regex_replace: { pattern: '@.*', to: '' } }],
    [{ replace: { from: '@', to: '' } }],
    [{ map: { a: 'b' } }],
    [{ fuzzy_map: { to: ['ada@example.org'] } }],
    [{ default: 'nobody' }],
  ])('that %j cleans is warned of, once', async (step) => {
    const { log } = await keyed({ fields: { v: step } });
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'A step may make different keys equal: their rows become one in a table with that key',
        fields: { stream: 's', field: 'v', rules: 'transforms.s.fields.v' },
      },
    ]);
  });

  test.each<[Json]>([
    ['trim'],
    ['collapse_spaces'],
    ['unicode'],
    ['email'],
    ['keep'],
    ['required'],
    ['pseudonymize'],
    [{ check: { length: { min: 1 } } }],
    [{ null_if: ['none'] }],
  ])('that %j only writes in one form, or looks at, is not', async (step) => {
    const { log } = await keyed({ fields: { v: step } });
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('that is a number or a time is warned of where digits or parts go', async () => {
    const warned = async (step: Json, schema: JsonObject, value: Json): Promise<boolean> =>
      (await field(step, schema, [value], true)).log.lines.some(({ level }) => level === 'warn');
    for (const step of [{ round: 1 }, { clamp: { max: 9 } }, 'abs']) {
      expect(await warned(step, { type: 'number' }, 1.25)).toBe(true);
    }
    expect(await warned('boolean', { type: 'string' }, 'yes')).toBe(true);
    const times: [JsonObject, boolean][] = [
      [{}, false],
      [{ output: 'epoch_ms' }, true],
      [{ precision: 's' }, true],
      [{ output: 'date' }, true],
    ];
    for (const [given, expected] of times) {
      expect(await warned({ datetime: { formats: ['iso'], ...given } }, { type: 'string' }, '2026-01-01T10:00:00Z')).toBe(
        expected,
      );
    }
  });

  test('steps of other fields are not warned of', async () => {
    expect((await keyed({ fields: { v: 'lower' } }, ['id'])).log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test.each([
    { mask: { keep_last: 2 } },
    { generalize: { postcode: { keep: 2 } } },
    'ip_truncate',
    'redact_text',
    { pseudonymize: { length: 7, short: 'ok' } },
  ])('is refused by %j: different rows would become one', async (step) => {
    await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/different rows would become one/);
  });

  test.each(['null', 'redact'])('is not made %s on an error', async (policy) => {
    for (const step of [
      { pseudonymize: {}, on_error: policy },
      { trim: {}, on_error: policy },
    ]) {
      await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/must be fail, quarantine or drop_record/);
    }
  });

  test('may be null as far as a stream has no such key', async () => {
    expect(await results('pseudonymize', TEXT, null)).toEqual([null]);
  });
});
