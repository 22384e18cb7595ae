import { defineOperation } from '../operation.ts';
import { canonicalTexts } from '../text-schema.ts';

/** One address without comments or quotes: the forms that people have. RFC 5321 bounds its parts to 64 and 255 bytes. */
const ADDRESS = /^([^\s@<>()[\]\\,;:"]{1,64})@((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63})$/u;
/** Domains of one provider that ignores dots in the local part. */
const DOTLESS: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

export default defineOperation({
  name: 'email',
  group: 'contacts',
  summary: 'Checks an e-mail address and writes it in one form: trimmed, the domain in lower case.',
  notes: ['It looks at the form alone: nobody can tell from it whether there is such a mailbox.'],
  parameters: {
    lower: {
      type: 'string',
      options: ['domain', 'all'],
      default: 'domain',
      description: 'What is made lower case. Mail servers may tell cases apart before the `@`, but hardly any does.',
    },
    drop_tag: { type: 'boolean', default: false, description: 'Take away what follows a `+` before the `@`.' },
    gmail_dots: { type: 'boolean', default: false, description: 'Take the dots away that Gmail does not look at.' },
  },
  examples: [
    { step: 'email', input: ' Ada.L@Example.ORG ', output: 'Ada.L@example.org' },
    { step: { email: { lower: 'all' } }, input: 'Ada@Example.org', output: 'ada@example.org' },
    { step: { email: { drop_tag: true, gmail_dots: true } }, input: 'a.da+news@gmail.com', output: 'ada@gmail.com' },
    { step: 'email', input: 'ada at example.org' },
  ],
  prepare({ drop_tag, gmail_dots, lower }, field) {
    const canonical = (text: string): string | undefined => {
      const [, name = '', domain = ''] = ADDRESS.exec(text.trim()) ?? [];
      if (name === '' || name.startsWith('.') || name.endsWith('.') || name.includes('..')) return undefined;
      const host = domain.toLowerCase();
      let local = lower === 'all' ? name.toLowerCase() : name;
      if (drop_tag) local = local.replace(/(?<=.)\+.*$/s, '');
      if (gmail_dots && DOTLESS.has(host)) local = local.replaceAll('.', '');
      return `${local}@${host}`;
    };
    return canonicalTexts(field.schema, canonical, { code: 'email', what: 'the text is no e-mail address', format: 'email' });
  },
});
