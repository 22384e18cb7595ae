import { describe, expect, test } from 'vitest';
import { masker } from '../../../../check/cli/secrets.ts';

describe('what is told of a plugin’s output', () => {
  test('values of settings named like secrets are taken out, however they are written', () => {
    const mask = masker({ api_key: 'k3y/"x"', url: 'postgresql://me:s%26cret@host/db', table: 'orders' }, undefined);
    expect(mask('k3y/"x" k3y%2F%22x%22 k3y/\\"x\\" s%26cret orders')).toBe('*** *** *** *** orders');
  });

  test('so is the one that the caller names, and what is inside of it', () => {
    expect(masker({ login: { user: 'ada-lovelace', codes: ['first-code'] } }, 'login')('ada-lovelace first-code')).toBe(
      '*** ***',
    );
    expect(masker({ login: 'ada-lovelace' }, undefined)('ada-lovelace')).toBe('ada-lovelace');
  });

  test('a text that is part of another does not leave its rest', () => {
    expect(masker({ key_a: 'abcd', key_b: 'abcd-efgh' }, undefined)('abcd-efgh')).toBe('***');
  });
});
