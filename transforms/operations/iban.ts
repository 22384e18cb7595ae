import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { changedText, onText } from '../text-schema.ts';

export default defineOperation({
  name: 'iban',
  group: 'codes',
  summary: 'Checks the form and the check digits of an IBAN and writes it without blanks, in capitals.',
  parameters: {},
  examples: [
    { step: 'iban', input: 'gb29 NWBK 6016 1331 9268 19', output: 'GB29NWBK60161331926819' },
    { step: 'iban', input: 'GB29 NWBK 6016 1331 9268 18' },
  ],
  prepare: (_, field) => ({
    schema: changedText(field.schema, { change: compact, shortens: true, lengthens: true, breaksFormat: true }),
    apply: onText((text) => {
      const iban = compact(text);
      if (!/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(iban) || remainder(iban) !== 1)
        throw new ValueFault('iban', 'the text is no IBAN');
      return iban;
    }),
  }),
});

function compact(text: string): string {
  return text.replaceAll(/[\s-]+/g, '').toUpperCase();
}

/** ISO 7064 MOD 97-10: letters are numbers from 10 on, the first four characters go last. */
function remainder(iban: string): number {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
