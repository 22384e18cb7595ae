import { defineOperation } from '../operation.ts';
import { canonicalTexts } from '../text-schema.ts';

interface Form {
  /** Of the code without blanks and hyphens, in capitals. */
  readonly pattern: RegExp;
  /** How it is written. */
  readonly write: (code: string) => string;
}

const asIs = (code: string): string => code;
const digits = (count: number): Form => ({ pattern: new RegExp(`^\\d{${count}}$`), write: asIs });
const spaced = (pattern: RegExp, at: number, separator = ' '): Form => ({
  pattern,
  write: (code) => `${code.slice(0, at)}${separator}${code.slice(at)}`,
});

/** By country; others have too many forms, or none. */
const FORMS: Readonly<Record<string, Form>> = {
  AT: digits(4), AU: digits(4), BE: digits(4), CH: digits(4), CN: digits(6), DE: digits(5), DK: digits(4), ES: digits(5), FI: digits(5), FR: digits(5),
  IN: digits(6), IT: digits(5), MX: digits(5), NO: digits(4), RU: digits(6), SG: digits(6), TR: digits(5), UA: digits(5), ZA: digits(4),
  BR: spaced(/^\d{8}$/, 5, '-'),
  CA: spaced(/^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d$/, 3),
  CZ: spaced(/^\d{5}$/, 3),
  GB: { pattern: /^(?:GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2})$/, write: (code) => `${code.slice(0, -3)} ${code.slice(-3)}` },
  GR: spaced(/^\d{5}$/, 3),
  JP: spaced(/^\d{7}$/, 3, '-'),
  NL: spaced(/^[1-9]\d{3}[A-Z]{2}$/, 4),
  PL: spaced(/^\d{5}$/, 2, '-'),
  PT: spaced(/^\d{7}$/, 4, '-'),
  SE: spaced(/^\d{5}$/, 3),
  SK: spaced(/^\d{5}$/, 3),
  US: { pattern: /^\d{5}(?:\d{4})?$/, write: (code) => (code.length === 5 ? code : `${code.slice(0, 5)}-${code.slice(5)}`) },
}; // prettier-ignore

export default defineOperation({
  name: 'postcode',
  group: 'codes',
  summary: 'Checks a postcode of a country and writes it as that country does.',
  notes: [`Countries: ${Object.keys(FORMS).toSorted().join(', ')}.`],
  parameters: {
    country: { type: 'string', required: true, description: 'Two letters of the country.', examples: ['GB'] },
  },
  main: 'country',
  examples: [
    { step: { postcode: 'GB' }, input: 'sw1a1aa', output: 'SW1A 1AA' },
    { step: { postcode: 'US' }, input: '123456789', output: '12345-6789' },
    { step: { postcode: 'DE' }, input: '1234' },
  ],
  prepare({ country }, field) {
    const code = country.toUpperCase();
    const form = Object.hasOwn(FORMS, code) ? FORMS[code] : undefined;
    if (form === undefined) field.problem('is no country whose postcodes are known here', 'country');
    const canonical = (text: string): string | undefined => {
      const compact = text.replaceAll(/[\s-]+/g, '').toUpperCase();
      return form?.pattern.test(compact) === true ? form.write(compact) : undefined;
    };
    return canonicalTexts(field.schema, canonical, { code: 'postcode', what: 'the text is no postcode of the country' });
  },
});
