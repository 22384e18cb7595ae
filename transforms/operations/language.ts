import { ValueFault } from '../fault.ts';
import { defineOperation } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'language',
  group: 'codes',
  summary: 'Checks a language tag of BCP 47 (`de`, `pt-BR`) and writes it in its canonical form.',
  parameters: {
    region: { type: 'boolean', default: true, description: 'Keep what follows the language: region and script.' },
  },
  examples: [
    { step: 'language', input: 'PT_br', output: 'pt-BR' },
    { step: { language: { region: false } }, input: 'de-AT', output: 'de' },
    { step: 'language', input: 'Klingon language' },
  ],
  prepare: ({ region }, field) => {
    const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    return {
      schema: schemaLike(field.schema, 'string'),
      apply: (value) => {
        const tag = typeof value === 'string' ? canonical(value.trim().replaceAll('_', '-')) : undefined;
        const language = tag?.split('-')[0];
        // A tag may be well formed and name no language.
        if (tag === undefined || language === undefined || names.of(language) === undefined)
          throw new ValueFault('language', 'the value is no language tag');
        return region ? tag : language;
      },
    };
  },
});

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    // A RangeError says that it is none.
    return undefined;
  }
}
