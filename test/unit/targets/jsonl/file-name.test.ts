import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { distinctName, safeName } from '../../../../targets/jsonl/file-name.ts';

test.each([
  ['users', 'users'],
  ['public-users', 'public-users'],
  ['Größe 📦', 'Größe 📦'],
  ['.hidden', '%2Ehidden'],
  ['..', '%2E%2E'],
  ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
  ['a\\b:c', 'a%5Cb%3Ac'],
  ['100%', '100%25'],
  ['CON', '%43ON'],
  ['nul.txt', '%6Eul.txt'],
  ['console', 'console'],
  ['dot.', 'dot%2E'],
  ['new\nline', 'new%0Aline'],
  ['\ud800', '%uD800'],
  ['', '%'],
])('the stream %j is written to %j', (stream, name) => {
  expect(safeName(stream)).toBe(name);
});

const anyStream = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('.', '/', 'A', 'a', '%', '2', 'E', '\ud800'), maxLength: 6 }),
);

test('no name leads out of the folder, is hidden or is longer than a file system takes', () => {
  fc.assert(
    fc.property(anyStream, (stream) => {
      const name = safeName(stream);
      // oxlint-disable-next-line no-control-regex -- control characters are looked for
      expect(name).not.toMatch(/[/\\\u0000-\u001f]|^\.|^$/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    }),
  );
});

test('different streams never share a name', () => {
  fc.assert(
    fc.property(anyStream, anyStream, (one, other) => {
      fc.pre(one !== other);
      expect(safeName(one)).not.toBe(safeName(other));
    }),
  );
});

test('a name that differs from another only by case or Unicode form is kept apart, in every order', () => {
  const users = distinctName('users', ['Users']);
  expect(users).toMatch(/^users-[0-9a-f]{8}$/);
  expect(distinctName('e\u0301t\u00e9', ['\u00e9t\u00e9'])).toMatch(/-[0-9a-f]{8}$/);
  expect(distinctName('users', ['users', 'user'])).toBe('users');
  // Next time the streams come in the other order: both find their own file again.
  const folder = ['Users', users];
  expect(distinctName('users', folder)).toBe(users);
  expect(distinctName('Users', folder)).toBe('Users');
});
