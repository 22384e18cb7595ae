import type { Field } from './operation.ts';

/** How a language writes letters large and small; without one as Unicode says, on every machine alike. */
export interface LetterCase {
  upper(text: string): string;
  lower(text: string): string;
}

/** Tells `field` of a language that is none. */
export function letterCase(locale: string | undefined, field: Field): LetterCase {
  if (locale !== undefined && !isKnown(locale)) field.problem(`${locale} is no language`, 'locale');
  else if (locale !== undefined) {
    return { upper: (text) => text.toLocaleUpperCase(locale), lower: (text) => text.toLocaleLowerCase(locale) };
  }
  return { upper: (text) => text.toUpperCase(), lower: (text) => text.toLowerCase() };
}

function isKnown(locale: string): boolean {
  try {
    return Intl.Collator.supportedLocalesOf(locale).length > 0;
  } catch {
    // A RangeError says that it is not even a language tag.
    return false;
  }
}
