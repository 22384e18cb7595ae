import type { Config, Json } from '../../singer/index.ts';
import { BOOLEAN_LANGUAGES, booleanWords } from '../boolean-words.ts';
import { readable } from '../plain-text.ts';
import { ValueFault } from '../fault.ts';
import { decimalIn, textOfDecimal } from '../numbers/decimal.ts';
import { defineOperation, type Field } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

const words = (what: string) =>
  ({
    type: ['array', 'string'],
    items: { type: 'string', description: 'A word.' },
    description: `Words, in any case, that mean ${what}, in place of those of the language.`,
  }) as const;

const parameters = {
  true: words('true'),
  false: words('false'),
  locale: {
    type: 'string',
    description: `Language of the words where they are not given: ${BOOLEAN_LANGUAGES.join(', ')}. true, false, 1 and 0 are in each. Default: \`defaults.locale\`.`,
    examples: ['ru'],
  },
} as const;

export default defineOperation({
  name: 'boolean',
  group: 'booleans',
  summary: 'Makes true and false of words and of 1 and 0.',
  notes: ['Any other word or number is an error.'],
  parameters,
  main: 'locale',
  merges: true,
  examples: [
    { step: 'boolean', input: ' Yes', output: true },
    { step: { boolean: 'ru' }, input: 'нет', output: false },
    { step: { boolean: { true: ['paid'], false: ['open', 'late'] } }, input: 'Late', output: false },
    { step: 'boolean', schema: { type: 'integer' }, input: 1, output: true },
    { step: 'boolean', input: 'maybe' },
  ],
  prepare(given, field) {
    const meanings = meaningsOf(given, field);
    return {
      schema: schemaLike(field.schema, 'boolean'),
      apply: (value) => {
        if (typeof value === 'boolean') return value;
        const meaning = meanings.get(wordOf(value));
        if (meaning === undefined) throw new ValueFault('not-a-boolean', 'it means neither true nor false');
        return meaning;
      },
    };
  },
});

function meaningsOf(given: Config<typeof parameters>, field: Field): Map<string, boolean> {
  const locale = given.locale ?? field.defaults.locale;
  const known = booleanWords(locale);
  if (known === undefined && (given.true === undefined || given.false === undefined)) {
    field.problem(
      `the words of ${locale} are not known: give \`true\` and \`false\``,
      given.locale === undefined ? '' : 'locale',
    );
  }
  const meanings = new Map<string, boolean>();
  for (const meaning of [true, false]) {
    const own = given[`${meaning}`];
    for (const word of (typeof own === 'string' ? [own] : own) ?? known?.[`${meaning}`] ?? []) {
      const folded = fold(word);
      if (meanings.get(folded) === !meaning) field.problem(`${word} cannot mean both`, `${meaning}`);
      meanings.set(folded, meaning);
    }
  }
  return meanings;
}

/** Dotted and dotless i are one: nobody can tell whose capital an I is. */
function fold(word: string): string {
  return readable(word).toLowerCase().replaceAll('ı', 'i').replaceAll('\u0307', '');
}

/** 1.0 is 1. */
function wordOf(value: Json | undefined): string {
  if (typeof value === 'string') return fold(value);
  const number = decimalIn(value);
  return number === undefined ? '' : textOfDecimal(number);
}
