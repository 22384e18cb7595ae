import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignNames, cutToBytes, plainName, type NameRules } from '../../../../singer/target/names.ts';

const keep: NameRules = { casing: 'keep', maxBytes: 63 };
const lower: NameRules = { casing: 'lower', maxBytes: 63 };
const snake: NameRules = { casing: 'snake', maxBytes: 63 };

describe('names', () => {
  it('keeps a legal name as it is', () => {
    expect(plainName('Order Date', keep)).toBe('Order Date');
    expect(plainName('order', keep)).toBe('order');
    expect(plainName('   ', keep)).toBe('   ');
  });

  it('makes snake case of camel case, spaces and signs', () => {
    const spelled = ['userId', 'HTTPServer', 'order date', 'a-b.c', '_sdc_batched_at', 'Größe2Max'].map((n) =>
      plainName(n, snake),
    );
    expect(spelled).toEqual(['user_id', 'http_server', 'order_date', 'a_b_c', '_sdc_batched_at', 'größe2_max']);
  });

  it('gives an empty name one of its own', () => {
    expect(plainName('', keep)).toMatch(/^_unnamed_[0-9a-f]{8}$/);
    expect(plainName('\0', keep)).not.toBe(plainName('', keep));
  });

  it('shortens on bytes, not characters, and tells long names with the same beginning apart', () => {
    const a = `${'ä'.repeat(40)}-one`;
    const b = `${'ä'.repeat(40)}-two`;
    const names = assignNames([a, b], keep);
    expect(names.get(a)).not.toBe(names.get(b));
    for (const name of names.values()) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(names.get(a)).toMatch(/^ä{27}_[0-9a-f]{8}$/);
  });

  it('lets the source that is spelled as the shared name keep it', () => {
    const names = assignNames(['Id', 'id', 'ID'], lower);
    expect(names.get('id')).toBe('id');
    expect(names.get('Id')).toMatch(/^id_[0-9a-f]{8}$/);
    expect(new Set(names.values()).size).toBe(3);
  });

  it('never cuts a character', () => {
    expect(cutToBytes('a€b', 3)).toBe('a');
    expect(cutToBytes('a€b', 4)).toBe('a€');
    expect(cutToBytes('👍', 3)).toBe('');
  });

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.string({ unit: fc.constantFrom('a', 'A', 'ä', '_', ' '), maxLength: 70 }),
  );
  const rules = fc.record({
    casing: fc.constantFrom('keep' as const, 'lower' as const, 'snake' as const),
    maxBytes: fc.integer({ min: 24, max: 63 }),
  });

  it('gives every source a legal name of its own, whatever the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(nasty, { maxLength: 30 }), rules, (sources, rules) => {
        const names = assignNames(sources, rules);
        expect(new Set(names.values()).size).toBe(sources.length);
        for (const name of names.values()) {
          expect(name).not.toBe('');
          expect(name).not.toContain('\0');
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(rules.maxBytes);
        }
        expect(assignNames(sources.toReversed(), rules)).toEqual(names);
      }),
    );
  });

  it('stays unique when a source is spelled like the hashed name of another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(nasty, { minLength: 2, maxLength: 8 }), rules, (sources, rules) => {
        const first = assignNames(sources, rules);
        const all = [...new Set([...sources, ...first.values()])];
        const names = assignNames(all, rules);
        expect(new Set(names.values()).size).toBe(all.length);
      }),
    );
  });
});
