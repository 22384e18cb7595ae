import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

/** What is no text: comments, scripts and styles with what is in them. */
const HIDDEN = /<!--[^]*?(?:-->|$)|<(script|style)\b[^>]*>[^]*?(?:<\/\1\s*>|$)/gi;
const TAG = /<\/?[a-z][^<>]*>/gi;
const ENTITY = /&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,6});/gi;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
  euro: '€',
  copy: '©',
  hellip: '…',
  ndash: '–',
  mdash: '—',
};

/** The character of an entity; undefined if there is none. */
function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return Object.hasOwn(NAMED, name.toLowerCase()) ? NAMED[name.toLowerCase()] : undefined;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

export default defineOperation({
  name: 'strip_html',
  group: 'text',
  summary: 'Takes the tags of HTML away and writes its entities out.',
  notes: [
    'It makes text readable; it is no protection against harmful HTML.',
    'Entities beyond the common ones stay as they are.',
  ],
  parameters: {},
  merges: true,
  examples: [
    { step: 'strip_html', input: '<p>Fish &amp; <b>chips</b>&#33;</p>', output: 'Fish & chips!' },
    { step: 'strip_html', input: 'a < b<script>x()</script>', output: 'a < b' },
  ],
  prepare: (_, field) => {
    const change = (text: string): string =>
      text
        .replaceAll(HIDDEN, '')
        .replaceAll(TAG, '')
        .replaceAll(ENTITY, (entity, name: string) => characterOf(name) ?? entity);
    return { schema: changedText(field.schema, { change, shortens: true, breaksFormat: true }), apply: onText(change) };
  },
});
