import { hasIbanCheck, ibanLength } from '../ibans.ts';
import { defineOperation } from '../operation.ts';
import { canonicalTexts } from '../text-schema.ts';

export default defineOperation({
  name: 'iban',
  group: 'codes',
  summary: 'Checks the form, the length and the check digits of an IBAN and writes it without blanks, in capitals.',
  notes: ['The length is that of the country. Of a country that has no IBANs as far as is known here any length passes.'],
  parameters: {},
  examples: [
    { step: 'iban', input: 'gb29 NWBK 6016 1331 9268 19', output: 'GB29NWBK60161331926819' },
    { step: 'iban', input: 'GB29 NWBK 6016 1331 9268 18' },
    { step: 'iban', input: 'GB24 NWBK 6016 1331 9268 1' },
  ],
  prepare: (_, field) => canonicalTexts(field.schema, canonical, { code: 'iban', what: 'the text is no IBAN' }),
});

function canonical(text: string): string | undefined {
  const iban = text.replaceAll(/[\s-]+/g, '').toUpperCase();
  return isIban(iban) ? iban : undefined;
}

function isIban(iban: string): boolean {
  const length = ibanLength(iban.slice(0, 2)) ?? iban.length;
  return /^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(iban) && iban.length === length && hasIbanCheck(iban);
}
