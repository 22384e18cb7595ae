import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { email } from '../../../../transforms/redaction/email.ts';
import { reads, redacted } from './found.ts';

test('every address of the usual form, in any text', () => {
  const around = fc.constantFrom(' ', '\n', '(', ')', '<', '>', '"', ', ', ': ', '; ', '[', '“', '…');
  fc.assert(
    fc.property(fc.emailAddress(), around, around, (address, before, after) => {
      expect(redacted(`to${before}${address}${after} it`, email)).toBe(`to${before}<EMAIL>${after} it`);
    }),
    { numRuns: 5000 },
  );
});

reads(email, [
  ['ada@example.org', '<EMAIL>'],
  ['mailto:ada@example.org?subject=x', 'mailto:<EMAIL>?subject=x'],
  ['ada@example.org.', '<EMAIL>.'],
  ['ada@example.org...', '<EMAIL>...'],
  ['ada+news@mail.example.co.uk', '<EMAIL>'],
  ['ada.o’neil@example.org', 'ada.o’<EMAIL>'],
  ["ada.o'neil@example.org", '<EMAIL>'],
  ['"ada lovelace"@example.org', '<EMAIL>'],
  ['ada@[192.0.2.1]', '<EMAIL>'],
  ['ada@[IPv6:2001:db8::1]', '<EMAIL>'],
  ['жанна@пример.рф', '<EMAIL>'],
  ['ada@müller.de', '<EMAIL>'],
  ['ada@xn--mller-kva.de', '<EMAIL>'],
  ['ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ', '<EMAIL>'],
  ['ada\u200B@exam\u00ADple.org', '<EMAIL>'],
  ['请联系ada@example.org谢谢', '请联系<EMAIL>谢谢'],
  ['메일은ada@example.org로', '메일은<EMAIL>로'],
  ['a@x.org,b@y.org;c@z.org', '<EMAIL>,<EMAIL>;<EMAIL>'],
  ['a@b@c.org', '<EMAIL>'],
  ['https://ada@example.org/x', 'https:<EMAIL>/x'],
  [`${'a'.repeat(300)}@example.org`, '<EMAIL>'],
  // None of these is one.
  ['@ada', '@ada'],
  ['at @example.org', 'at @example.org'],
  ['ada@localhost', 'ada@localhost'],
  ['lodash@4.17.21', 'lodash@4.17.21'],
  ['5 @ 3.50', '5 @ 3.50'],
  ['ada@.org', 'ada@.org'],
]);
