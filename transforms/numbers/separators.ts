import { tidied } from '../plain-text.ts';

/** Signs within numbers. */
export interface Separators {
  readonly decimal: string | undefined;
  readonly group: string | undefined;
}

/** How a language writes numbers, in its own digits. */
export function separatorsOf(locale: string): Separators {
  const parts = new Intl.NumberFormat(locale).formatToParts(1_234_567.5);
  const sign = (type: Intl.NumberFormatPartTypes): string | undefined => parts.find((part) => part.type === type)?.value;
  return { decimal: sign('decimal'), group: sign('group') };
}

/** Digits with their signs as JSON writes them; undefined if the text is no such number. */
export type DigitsReader = (text: string) => string | undefined;

/**
 * A reader of digits in groups and with a fraction. Groups have three digits, the first fewer; two where more than one follow, as in
 * India. `exponent` is taken where there are no groups.
 */
export function digitsReader({ decimal, group }: Separators): DigitsReader {
  const point = decimal === undefined ? '(?!)' : signPattern(decimal);
  const plain = new RegExp(`^(\\d*)(?:${point}(\\d+))?(e[+-]?\\d+)?$`, 'i');
  const between = group === undefined ? '(?!)' : signPattern(group);
  const grouped = new RegExp(`^(\\d{1,3}(?:${between}\\d{2,3})*${between}\\d{3})(?:${point}(\\d+))?$`);
  return (text) => {
    const [, whole, fraction, exponent = ''] = plain.exec(text) ?? grouped.exec(text) ?? [];
    if (whole === undefined || (whole === '' && fraction === undefined)) return undefined;
    const digits = whole.replaceAll(/\D/g, '').replace(/^0+(?=\d)/, '');
    return `${digits === '' ? '0' : digits}${fraction === undefined ? '' : `.${fraction}`}${exponent}`;
  };
}

/** All kinds of spaces are one, and all apostrophes. */
function signPattern(sign: string): string {
  if (/^\s$/.test(sign)) return ' ';
  if (/^['’]$/.test(sign)) return "['’]";
  return tidied(sign).replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}
