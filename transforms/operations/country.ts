import { countryTable, foldName } from '../country-names.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'country',
  group: 'codes',
  summary: 'Makes the two-letter code of ISO 3166 of a country’s name or code.',
  parameters: {
    locales: {
      type: ['array', 'string'],
      items: { type: 'string', description: 'A language.' },
      description: 'Languages of the names. Default: the default locale, and English.',
      examples: [['de', 'ru']],
    },
  },
  main: 'locales',
  examples: [
    { step: 'country', input: 'United Kingdom', output: 'GB' },
    { step: { country: ['de', 'ru'] }, input: 'Österreich', output: 'AT' },
    { step: 'country', input: ' deu', output: 'DE' },
    { step: 'country', input: 'Atlantis' },
  ],
  prepare({ locales }, field) {
    const languages = [...new Set([locales ?? field.defaults.locale, 'en'].flat())];
    for (const locale of languages) if (!isLocale(locale)) field.problem(`${locale} is no language`, 'locales');
    const table = countryTable(languages.filter(isLocale));
    return {
      schema: schemaLike(field.schema, 'string'),
      apply: (value) => {
        const code = typeof value === 'string' ? table.get(foldName(value)) : undefined;
        if (code === undefined) throw new ValueFault('country', 'the value is no country');
        return code;
      },
    };
  },
});

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    // A RangeError says that it is none.
    return false;
  }
}
