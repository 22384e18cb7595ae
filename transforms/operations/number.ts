import { columnOf, type Config } from '../../singer/index.ts';
import { tidied } from '../plain-text.ts';
import { ValueFault } from '../fault.ts';
import { currencyStripper } from '../numbers/currencies.ts';
import { decimalOf, exactNumber, textOfDecimal } from '../numbers/decimal.ts';
import { isNumber } from '../numbers/field.ts';
import { digitsReader, type Separators, separatorsOf } from '../numbers/separators.ts';
import { defineOperation, type Field } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

const parameters = {
  decimal: { type: 'string', description: 'The sign before the fraction. A point, unless groups have that.', examples: [','] },
  group: {
    type: 'string',
    description: 'The sign between groups of digits; a space is any space. None unless set.',
    examples: ['.'],
  },
  locale: { type: 'string', description: 'A language that says both, and the signs of currencies.', examples: ['de'] },
  currency: {
    type: 'string',
    options: ['strip'],
    description: 'Take codes (`EUR`) and signs (`€`) of currencies away from the ends.',
  },
  percent: {
    type: 'string',
    options: ['divide', 'strip'],
    description: 'What becomes of a number with a percent sign: a hundredth of it (`divide`), or the number before the sign.',
  },
  parens_negative: {
    type: 'boolean',
    default: false,
    description: 'A number in parentheses is below zero, as in books of account.',
  },
} as const;

export default defineOperation({
  name: 'number',
  group: 'numbers',
  summary: 'Makes numbers of texts, with all their digits.',
  notes: [
    'Nothing is guessed: `1.234` may be a thousand or a little more than one, so it is an error until `decimal`, `group` or `locale` says which. So is everything with commas or spaces.',
    'A minus sign may stand before or behind. Digits of every script are taken. Numbers pass as they are; zeros at the end of a fraction stay.',
  ],
  parameters,
  examples: [
    { step: 'number', input: '12.75', output: 12.75 },
    { step: 'number', input: '1.234' },
    { step: { number: { locale: 'de', currency: 'strip' } }, input: '1.234,5 €', output: 1234.5 },
    { step: { number: { group: ',', parens_negative: true } }, input: '(1,234)', output: -1234 },
    { step: { number: { percent: 'divide' } }, input: '12.5%', output: 0.125 },
  ],
  prepare(given, field) {
    const read = readerOf(given, field);
    const { type } = columnOf('', field.schema);
    return {
      schema: type === 'integer' || type === 'number' ? field.schema : schemaLike(field.schema, 'number'),
      apply: (value) => {
        if (typeof value === 'string') return exactNumber(read(tidied(value)));
        if (!isNumber(value)) throw new ValueFault('not-a-number', 'neither a number nor a text');
        return value;
      },
    };
  },
});

/** A reader of numbers, which gives the text of a JSON number. Throws ValueFault. */
function readerOf(given: Config<typeof parameters>, field: Field): (text: string) => string {
  const separators = separatorsIn(given, field);
  const digits = digitsReader(separators);
  const isDeclared = given.decimal !== undefined || given.group !== undefined || given.locale !== undefined;
  const strip =
    given.currency === undefined
      ? (text: string) => text
      : currencyStripper(['en', ...(given.locale === undefined ? [] : [given.locale])]);

  return (text) => {
    const isInParens = given.parens_negative && /^\(.*\)$/.test(text);
    const { rest, signs } = withoutSigns(isInParens ? text.slice(1, -1).trim() : text, strip);
    const isPercent = given.percent !== undefined && PERCENT.test(rest);
    const number = digits(isPercent ? rest.replace(PERCENT, '') : rest);
    if (number === undefined || signs.length + (isInParens ? 1 : 0) > 1) throw notANumber(rest);
    if (!isDeclared && /^[1-9]\d{0,2}\.\d{3}$/.test(number)) throw eitherNumber();
    const signed = isInParens || signs === '-' ? `-${number}` : number;
    return isPercent && given.percent === 'divide' ? hundredth(signed) : signed;
  };
}

const PERCENT = /^[%٪] ?| ?[%٪]$/;

/** Takes the signs from the ends of a text, on either side of a currency. */
function withoutSigns(text: string, strip: (text: string) => string): { readonly rest: string; readonly signs: string } {
  let signs = '';
  let rest = text;
  for (const before of [(text: string) => text, strip]) {
    rest = before(rest);
    if (/^[-+]/.test(rest)) {
      signs += rest[0];
      rest = rest.slice(1).trimStart();
    }
    if (rest.endsWith('-')) {
      signs += '-';
      rest = rest.slice(0, -1).trimEnd();
    }
  }
  return { rest, signs };
}

function separatorsIn({ decimal, group, locale }: Config<typeof parameters>, field: Field): Separators {
  for (const [name, sign] of Object.entries({ decimal, group })) {
    if (sign !== undefined && (sign.length !== 1 || /[\d+\-e]/i.test(sign)))
      field.problem('must be one sign, and no digit', name);
  }
  const known = locale === undefined ? undefined : localeSeparators(locale, field);
  const found = { group: group ?? known?.group, decimal: decimal ?? known?.decimal };
  if (found.decimal === undefined && found.group !== '.') return { ...found, decimal: '.' };
  if (found.decimal !== undefined && found.decimal === found.group) field.problem('must not be the same as decimal', 'group');
  return found;
}

function localeSeparators(locale: string, field: Field): Separators | undefined {
  try {
    if (Intl.NumberFormat.supportedLocalesOf(locale).length > 0) return separatorsOf(locale);
  } catch {
    // Not even a language tag: the same problem.
  }
  field.problem(`${locale} is no language whose numbers are known`, 'locale');
  return undefined;
}

function hundredth(text: string): string {
  const number = decimalOf(text)!;
  return textOfDecimal({ ...number, exponent: number.exponent - 2 });
}

function notANumber(text: string): ValueFault {
  return /^[\d.,' ’]+$/.test(text) && /\d/.test(text)
    ? new ValueFault('number-separators', 'its signs are not those of `decimal`, `group` or `locale`')
    : new ValueFault('not-a-number', 'not a number');
}

function eitherNumber(): ValueFault {
  return new ValueFault(
    'number-separators',
    'its point may stand between groups or before a fraction: say which with `decimal`, `group` or `locale`',
  );
}
