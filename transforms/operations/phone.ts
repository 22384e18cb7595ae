import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';
import { defineOperation } from '../operation.ts';
import { Recent } from '../recent.ts';
import { canonicalTexts } from '../text-schema.ts';

/** Numbers that are remembered: to parse one takes 50 µs. */
const REMEMBERED = 10_000;

export default defineOperation({
  name: 'phone',
  group: 'contacts',
  summary: 'Checks a phone number and writes it in one form.',
  notes: ['A number is accepted if its country has numbers of that length; whether it is in use nobody can tell.'],
  parameters: {
    region: {
      type: 'string',
      description: 'Two letters of the country that numbers without `+` are of. Unset: such numbers are refused.',
      examples: ['GB'],
    },
    format: {
      type: 'string',
      options: ['e164', 'national', 'international'],
      default: 'e164',
      description: '`+441632960972`, `01632 960972`, `+44 1632 960972`.',
    },
  },
  main: 'region',
  examples: [
    { step: { phone: 'GB' }, input: '01632 960 972', output: '+441632960972' },
    { step: { phone: { format: 'international' } }, input: '+44 (0)1632 960972', output: '+44 1632 960972' },
    { step: 'phone', input: '01632 960 972' },
    { step: { phone: 'GB' }, input: 'call me' },
  ],
  prepare({ format, region }, field) {
    // Loaded on first use: its tables take longer than all else at the start.
    const { isSupportedCountry, parsePhoneNumberFromString } = createRequire(import.meta.url)(
      'libphonenumber-js/min',
    ) as typeof import('libphonenumber-js/min');
    const country = region?.toUpperCase();
    if (country !== undefined && !isSupportedCountry(country)) field.problem('is no country with phone numbers', 'region');
    const recent = new Recent<string, string | undefined>(REMEMBERED);
    const canonical = (text: string): string | undefined =>
      recent.get(text, () => {
        const number = parsePhoneNumberFromString(text, country as CountryCode | undefined);
        if (number === undefined || !number.isPossible()) return undefined;
        if (format === 'e164') return number.number;
        return format === 'national' ? number.formatNational() : number.formatInternational();
      });
    return canonicalTexts(field.schema, canonical, { code: 'phone', what: 'the text is no phone number' });
  },
});
