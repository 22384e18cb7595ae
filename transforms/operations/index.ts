import { byName } from '../named.ts';
import type { Operation } from '../operation.ts';

/** Every operation, in the order of the docs. */
export const operations = byName<Operation>({
  // Text.
  trim: () => import('./trim.ts'),
  collapse_spaces: () => import('./collapse_spaces.ts'),
  unicode: () => import('./unicode.ts'),
  strip_control: () => import('./strip_control.ts'),
  lower: () => import('./lower.ts'),
  upper: () => import('./upper.ts'),
  title: () => import('./title.ts'),
  casefold: () => import('./casefold.ts'),
  truncate: () => import('./truncate.ts'),
  pad: () => import('./pad.ts'),
  slug: () => import('./slug.ts'),
  strip_html: () => import('./strip_html.ts'),
  fix_mojibake: () => import('./fix_mojibake.ts'),
  regex_replace: () => import('./regex_replace.ts'),
  // Nulls.
  null_if: () => import('./null_if.ts'),
  default: () => import('./default.ts'),
  coalesce: () => import('./coalesce.ts'),
  required: () => import('./required.ts'),
  // Numbers.
  number: () => import('./number.ts'),
  round: () => import('./round.ts'),
  clamp: () => import('./clamp.ts'),
  abs: () => import('./abs.ts'),
  // Booleans.
  boolean: () => import('./boolean.ts'),
  // Times.
  datetime: () => import('./datetime.ts'),
  // Contacts.
  email: () => import('./email.ts'),
  phone: () => import('./phone.ts'),
  url: () => import('./url.ts'),
  // Codes.
  country: () => import('./country.ts'),
  currency: () => import('./currency.ts'),
  language: () => import('./language.ts'),
  postcode: () => import('./postcode.ts'),
  iban: () => import('./iban.ts'),
  uuid: () => import('./uuid.ts'),
  // Values.
  map: () => import('./map.ts'),
  fuzzy_map: () => import('./fuzzy_map.ts'),
  enum: () => import('./enum.ts'),
  check: () => import('./check.ts'),
  // Typing.
  cast: () => import('./cast.ts'),
  // Privacy.
  pseudonymize: () => import('./pseudonymize.ts'),
  hash: () => import('./hash.ts'),
  mask: () => import('./mask.ts'),
  redact: () => import('./redact.ts'),
  nullify: () => import('./nullify.ts'),
  replace: () => import('./replace.ts'),
  date_shift: () => import('./date_shift.ts'),
  generalize: () => import('./generalize.ts'),
  ip_truncate: () => import('./ip_truncate.ts'),
  redact_text: () => import('./redact_text.ts'),
  keep: () => import('./keep.ts'),
});
