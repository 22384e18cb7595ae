import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ip } from '../../../../transforms/redaction/ip.ts';
import { reads, redacted } from './found.ts';

const around = fc.constantFrom(' ', '(', ')', '[', ']', ', ', '/', '"', '\n', '=');

test('every address of version 4', () => {
  fc.assert(
    fc.property(fc.ipV4(), around, around, (address, before, after) => {
      expect(redacted(`a${before}${address}${after}b`, ip)).toBe(`a${before}<IP>${after}b`);
    }),
    { numRuns: 5000 },
  );
});

test('every address of version 6, in each form', () => {
  fc.assert(
    fc.property(
      fc.ipV6().filter((address) => address !== '::'),
      around,
      around,
      (address, before, after) => {
        expect(redacted(`a${before}${address}${after}b`, ip)).toBe(`a${before}<IP>${after}b`);
        expect(redacted(address.toUpperCase(), ip)).toBe('<IP>');
      },
    ),
    { numRuns: 5000 },
  );
});

test('four numbers of which one is too large are none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      fc.nat(3),
      fc.integer({ min: 256, max: 9999 }),
      (parts, place, large) => {
        const text = parts.with(place, large).join('.');
        expect(redacted(text, ip)).toBe(text);
      },
    ),
    { numRuns: 5000 },
  );
});

reads(ip, [
  ['from 192.0.2.1.', 'from <IP>.'],
  ['...192.0.2.1...', '...<IP>...'],
  ['http://192.0.2.1:8080/x', 'http://<IP>:8080/x'],
  ['http://[2001:db8::1]:8080/x', 'http://[<IP>]:8080/x'],
  ['192.0.2.0/24', '<IP>/24'],
  ['x192.0.2.1', 'x<IP>'],
  ['ip:192.0.2.1', 'ip:<IP>'],
  ['IPv6:2001:db8::1: unreachable', 'IPv6:<IP>: unreachable'],
  ['addr:fe80::1%eth0 x', 'addr:<IP> x'],
  ['::ffff:192.0.2.1', '<IP>'],
  ['2001:db8::1.', '<IP>.'],
  ['１９２．０．２．１', '<IP>'],
  // None of these is one.
  ['1.2.3', '1.2.3'],
  ['1.2.3.4.5', '1.2.3.4.5'],
  ['12:34:56', '12:34:56'],
  ['2026-01-02T12:34:56.789', '2026-01-02T12:34:56.789'],
  ['std::vector', 'std::vector'],
  ['a :: b', 'a :: b'],
  ['00:1b:63:84:45:e6', '00:1b:63:84:45:e6'],
  ['1:2:3:4:5:6:7', '1:2:3:4:5:6:7'],
]);
