import { isIP } from 'node:net';
import type { Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

const WORD_BITS = 16;

export default defineOperation({
  name: 'ip_truncate',
  group: 'privacy',
  summary: 'Sets the last part of an IP address to zero: what is left names a network, not a machine.',
  notes: [
    'An IPv4 address within an IPv6 one (`::ffff:203.0.113.7`) is cut as IPv4. What is no IP address is refused.',
    'A network of few machines still tells much: this makes data less clear, not anonymous.',
  ],
  parameters: {
    v4: { type: 'integer', default: 24, minimum: 0, maximum: 31, description: 'Bits of an IPv4 address that stay.' },
    v6: { type: 'integer', default: 48, minimum: 0, maximum: 127, description: 'Bits of an IPv6 address that stay.' },
  },
  privacy: 'reduced',
  merges: true,
  examples: [
    { step: 'ip_truncate', input: '203.0.113.77', output: '203.0.113.0' },
    { step: 'ip_truncate', input: '2001:db8:1234:5678::1', output: '2001:db8:1234::' },
    { step: { ip_truncate: { v4: 16 } }, input: '::ffff:203.0.113.77', output: '203.0.0.0' },
    { step: { ip_truncate: {}, on_error: 'redact' }, input: 'localhost', output: 'REDACTED' },
  ],
  prepare: ({ v4, v6 }, { schema }): Step => ({
    schema: schemaLike(schema, 'string'),
    apply(value: Json | undefined) {
      const text = typeof value === 'string' ? value.trim() : '';
      const version = isIP(text);
      if (version === 4) return cutFour(text, v4);
      if (version === 6) return cutSix(text, v4, v6);
      throw new ValueFault('not-an-ip-address', 'is no IP address');
    },
  }),
});

function cutFour(text: string, bits: number): string {
  return text
    .split('.')
    .map((part, index) => Number(part) & maskOf(bits - 8 * index, 8))
    .join('.');
}

function cutSix(text: string, v4: number, v6: number): string {
  const words = wordsOf(text);
  const isFour = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (isFour) return cutFour([words[6]! >> 8, words[6]! & 0xff, words[7]! >> 8, words[7]! & 0xff].join('.'), v4);
  return sixText(words.map((word, index) => word & maskOf(v6 - WORD_BITS * index, WORD_BITS)));
}

/** The first `bits` of `width` bits set. */
function maskOf(bits: number, width: number): number {
  const kept = Math.min(Math.max(bits, 0), width);
  return ((1 << kept) - 1) << (width - kept);
}

/** The eight words of an address that was checked. A zone (`%eth0`) goes. */
function wordsOf(text: string): number[] {
  const [address = ''] = text.split('%');
  const [head = '', tail] = address.split('::');
  const first = partsOf(head);
  const last = tail === undefined ? [] : partsOf(tail);
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

function partsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** RFC 5952: the longest run of two or more zero words is left out. */
function sixText(words: readonly number[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const hex = words.map((word) => word.toString(16));
  if (best.length < 2) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
