import { tidied } from '../plain-text.ts';

/** Takes a currency away from either end of a text: its code in capitals, or its sign in one of the given languages. */
export function currencyStripper(locales: readonly string[]): (text: string) => string {
  const codes = Intl.supportedValuesOf('currency');
  const signs = codes.flatMap((currency) => locales.flatMap((locale) => signsOf(currency, locale)));
  const code = anyOf(codes);
  // A letter alone may as well mean thousands; a code is one in capitals only.
  const sign = `${anyOf(signs.filter((word) => word.length > 1 && !codes.includes(word)))}|\\p{Sc}`;
  const patterns = [
    new RegExp(`^${code} ?`),
    new RegExp(` ?${code}$`),
    new RegExp(`^(?:${sign})\\.? ?`, 'iu'),
    new RegExp(` ?(?:${sign})\\.?$`, 'iu'),
  ];
  return (text) => {
    const found = patterns.find((pattern) => pattern.test(text));
    return found === undefined ? text : text.replace(found, '');
  };
}

function signsOf(currency: string, locale: string): string[] {
  return (['symbol', 'narrowSymbol'] as const).map((currencyDisplay) => {
    const parts = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay }).formatToParts(1);
    return tidied(parts.find(({ type }) => type === 'currency')?.value ?? '').replace(/\.$/, '');
  });
}

/** The longest first, so that none hides another. */
function anyOf(words: readonly string[]): string {
  const escaped = [...new Set(words)].map((word) => word.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
  return `(?:${escaped.toSorted((a, b) => b.length - a.length).join('|')})`;
}
