import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../../singer/index.ts';
import { Address, addressProblem } from '../../../../taps/github/api/address.ts';
import { parseAnswer } from '../../../../taps/github/api/json.ts';
import { linksOf, pageOf } from '../../../../taps/github/api/link.ts';
import { verdictOf } from '../../../../taps/github/api/verdict.ts';
import { NOON } from './harness.ts';

describe('the address', () => {
  test('keeps the path of an Enterprise server', () => {
    const address = new Address('https://github.example/api/v3');
    expect(address.of('repos/octo/one', { page: 2, since: undefined })).toBe(
      'https://github.example/api/v3/repos/octo/one?page=2',
    );
    expect(address.of('search/repositories', { q: 'a b&c' })).toBe('https://github.example/api/v3/search/repositories?q=a+b%26c');
  });

  test.each([
    'https://evil.example/api/v3/repos',
    'http://github.example/api/v3/repos',
    'https://github.example:8443/api/v3/repos',
    'https://github.example/login',
    'https://github.example/api/v3/../../login',
    '//evil.example/api/v3/',
    'https://github.example@evil.example/api/v3/',
    'ftp://github.example/api/v3/',
    'javascript:alert(1)',
  ])('does not lead to %s', (named) => {
    const address = new Address('https://github.example/api/v3/');
    expect(() => address.within(named, address.of('repos'))).toThrow(expect.objectContaining({ code: 'foreign-link' }) as Error);
  });

  test('follows what is named on the same host, relative or in full', () => {
    const address = new Address('https://api.github.com');
    const from = address.of('repos/octo/one/releases', { page: 1 });
    expect(address.within('/repositories/1/releases?page=2', from)).toBe('https://api.github.com/repositories/1/releases?page=2');
    expect(address.within('?page=2', from)).toBe('https://api.github.com/repos/octo/one/releases?page=2');
  });

  test('must be an http URL without secrets', () => {
    expect(['https://api.github.com', 'http://127.0.0.1:80/api/v3/'].map(addressProblem)).toEqual([undefined, undefined]);
    for (const base of ['api.github.com', 'file:///x', 'https://me:pw@host', 'https://host/?a=1', '']) {
      expect(addressProblem(base), base).toEqual(expect.any(String));
    }
  });
});

test('Link headers are read by relation, in any order and spelling', () => {
  const links = linksOf(
    '<https://a/x?page=2&a=1,2>; rel="next", <https://a/x?page=9>; title="a"; rel=last,<https://a/1>;rel="first prev"',
  );
  expect(Object.fromEntries(links)).toEqual({
    next: 'https://a/x?page=2&a=1,2',
    last: 'https://a/x?page=9',
    first: 'https://a/1',
    prev: 'https://a/1',
  });
  expect(pageOf(links.get('last'))).toBe(9);
  expect([linksOf(null).size, linksOf('nonsense').size, pageOf(undefined), pageOf('https://a/?page=x')]).toEqual([
    0,
    0,
    undefined,
    undefined,
  ]);
});

test('numbers of answers stay as they came', () => {
  expect(parseAnswer('[{"id":9007199254740991}]')).toEqual({ value: [{ id: 9007199254740991 }], exact: false });
  const { value, exact } = parseAnswer('[{"id":9007199254740993,"score":1.10}]');
  expect([exact, (value as { id: unknown }[])[0]!.id]).toEqual([true, new ExactNumber('9007199254740993')]);
  expect(() => parseAnswer('{"id":1')).toThrow(SyntaxError);
});

describe('verdicts', () => {
  const of = (status: number, headers: Readonly<Record<string, string>> = {}, text = ''): unknown =>
    verdictOf({ status, text, headers: { get: (name) => headers[name] ?? null } }, NOON);

  test.each([
    [200, {}, '', { kind: 'ok' }],
    [304, {}, '', { kind: 'unchanged' }],
    [301, { location: '/repositories/1' }, '', { kind: 'moved', to: '/repositories/1' }],
    [401, {}, '', { kind: 'unauthorized' }],
    [403, { 'x-ratelimit-remaining': '0' }, '', { kind: 'limited', scope: 'primary', milliseconds: undefined }],
    [
      403,
      { 'x-ratelimit-remaining': '0' },
      '{"message":"API rate limit exceeded"}',
      { kind: 'limited', scope: 'primary', milliseconds: undefined },
    ],
    [429, { 'x-ratelimit-remaining': '0' }, '', { kind: 'limited', scope: 'primary', milliseconds: undefined }],
    [403, { 'retry-after': '7' }, '', { kind: 'limited', scope: 'secondary', milliseconds: 7000 }],
    [429, { 'retry-after': 'soon' }, '', { kind: 'limited', scope: 'secondary', milliseconds: undefined }],
    [429, {}, '', { kind: 'limited', scope: 'secondary', milliseconds: undefined }],
    [
      403,
      {},
      '{"message":"You have exceeded a secondary rate limit"}',
      { kind: 'limited', scope: 'secondary', milliseconds: undefined },
    ],
    [500, {}, '', { kind: 'failed' }],
    [502, {}, '', { kind: 'failed' }],
  ])('status %i with %j %s', (status, headers, text, expected) => {
    expect(of(status, headers, text)).toEqual(expected);
  });

  test('a lack of permission that takes the last call of a quota is not taken for a limit', () => {
    expect(of(403, { 'x-ratelimit-remaining': '0' }, '{"message":"Resource not accessible"}')).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'forbidden' },
    });
  });

  test.each([
    [301, 'moved'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'empty'],
    [410, 'gone'],
    [418, 'status-418'],
    [422, 'too-deep'],
    [451, 'blocked'],
  ])('status %i refuses: %s', (status, reason) => {
    expect(of(status)).toMatchObject({ kind: 'refused', refusal: { status, reason } });
  });
});
