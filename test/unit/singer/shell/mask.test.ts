import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask, MASK, maskUrls, secretsOf } from '../../../../singer/shell/mask.ts';
import type { Settings } from '../../../../singer/settings.ts';

const settings: Settings = {
  password: { type: 'string', secret: true, description: 'x', aliases: ['passwd'] },
  url: { type: 'string', description: 'x' },
  hosts: {
    type: 'array',
    description: 'x',
    items: { type: 'object', description: 'x', properties: { key: { type: 'string', secret: true, description: 'x' } } },
  },
  ssl: { type: 'object', description: 'x', properties: { pin: { type: 'string', secret: true, description: 'x' } } },
  headers: { type: 'object', description: 'x', members: { type: 'string', secret: true, description: 'x' } },
};

describe('secretsOf', () => {
  it('finds secrets at every depth, under aliases, in JSON text, as numbers, and in undeclared names that sound like one', () => {
    const found = secretsOf(settings, {
      passwd: 12345678,
      hosts: '[{"key": "in-list"}]',
      'ssl.pin': 'in-object',
      headers: { a: 'in-members' },
      api_key: 'undeclared',
      nested: { deep: { client_secret: 'below' } },
      entity: 'public',
    });
    expect([...found].toSorted()).toEqual(['12345678', 'below', 'in-list', 'in-members', 'in-object', 'undeclared']);
  });

  it('takes no name of a stream or field for the name of a secret', () => {
    const rules: Settings = { rules: { type: 'object', namesData: true, description: 'x' } };
    const given = {
      people: { auth_token: 'redact', password: { hash: { key: 'main' } }, home: 'http://u:hush@h' },
      secrets: 'drop',
    };
    expect([...secretsOf(rules, { rules: given })]).toEqual(['hush']);
    expect([...secretsOf(rules, { rules: JSON.stringify(given) })]).toEqual(['hush']);
  });

  it('finds the password of a URL, raw and decoded', () => {
    expect([...secretsOf(settings, { url: 'postgres://u:p%40ss@h:5432/db' })]).toEqual(['p%40ss', 'p@ss']);
    expect([...secretsOf(settings, { url: 'postgres://u@h/db' })]).toEqual([]);
  });
});

describe('createMask', () => {
  it('masks a secret in each form it may take', () => {
    const secret = 'p@ss "w\\o"rd\n€+1';
    const mask = createMask([secret]);
    for (const form of [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      encodeURIComponent(secret).replaceAll('%20', '+'),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
    ]) {
      expect(mask(`a ${form} b`), form).toContain(MASK);
      expect(mask(`a ${form} b`), form).not.toMatch(/w\\+o|p%40ss|cEBzcy/i);
    }
  });

  it('never lets a secret through, wherever it stands', () => {
    const secret = fc
      .string({ minLength: 4, maxLength: 40 })
      .filter((text) => text.trim().length >= 4 && !MASK.includes(text.trim()));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const mask = createMask([value]);
        expect(mask(`${before} ${value} ${after}`)).not.toContain(value);
        expect(mask(JSON.stringify({ a: value }))).not.toContain(JSON.stringify(value).slice(1, -1));
      }),
    );
  });

  it('takes the longer secret first, so that none leaves a rest', () => {
    expect(createMask(['hunter', 'hunter2secret'])('x hunter2secret hunter')).toBe(`x ${MASK} ${MASK}`);
  });

  it('masks each long line of a key file', () => {
    const mask = createMask(['-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----']);
    expect(mask('at MIIEvQIBADANBgkq!')).toBe(`at ${MASK}!`);
    expect(mask('-----BEGIN KEY-----')).toBe('-----BEGIN KEY-----');
  });

  it('leaves texts alone when the secret is too short to be one', () => {
    expect(createMask(['a', ''])('a banana')).toBe('a banana');
  });
});

describe('maskUrls', () => {
  it('masks passwords in URLs only', () => {
    expect(maskUrls('at postgresql+psycopg://me:s3cr3t@db:5432/x?y=1')).toBe(`at postgresql+psycopg://me:${MASK}@db:5432/x?y=1`);
    expect(maskUrls('at postgres://me:s@c:r3t@db/x')).toBe(`at postgres://me:${MASK}@db/x`);
    expect(maskUrls('at http://localhost:8080/a and a@b.c')).toBe('at http://localhost:8080/a and a@b.c');
  });
});
