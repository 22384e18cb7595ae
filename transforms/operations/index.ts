import type { Operation } from '../operation.ts';
import abs from './abs.ts';
import boolean from './boolean.ts';
import casefold from './casefold.ts';
import cast from './cast.ts';
import clamp from './clamp.ts';
import check from './check.ts';
import coalesce from './coalesce.ts';
import collapseSpaces from './collapse_spaces.ts';
import country from './country.ts';
import currency from './currency.ts';
import datetime from './datetime.ts';
import dateShift from './date_shift.ts';
import defaultValue from './default.ts';
import email from './email.ts';
import oneOf from './enum.ts';
import fixMojibake from './fix_mojibake.ts';
import fuzzyMap from './fuzzy_map.ts';
import generalize from './generalize.ts';
import hash from './hash.ts';
import iban from './iban.ts';
import ipTruncate from './ip_truncate.ts';
import keep from './keep.ts';
import language from './language.ts';
import lower from './lower.ts';
import map from './map.ts';
import mask from './mask.ts';
import nullIf from './null_if.ts';
import number from './number.ts';
import nullify from './nullify.ts';
import pad from './pad.ts';
import phone from './phone.ts';
import postcode from './postcode.ts';
import pseudonymize from './pseudonymize.ts';
import redact from './redact.ts';
import regexReplace from './regex_replace.ts';
import replace from './replace.ts';
import required from './required.ts';
import round from './round.ts';
import slug from './slug.ts';
import stripControl from './strip_control.ts';
import stripHtml from './strip_html.ts';
import title from './title.ts';
import trim from './trim.ts';
import truncate from './truncate.ts';
import unicode from './unicode.ts';
import upper from './upper.ts';
import url from './url.ts';
import uuid from './uuid.ts';

/** Every operation, in the order of the docs: a line for each group. */
export const operations: readonly Operation[] = [
  ...[
    trim,
    collapseSpaces,
    unicode,
    stripControl,
    lower,
    upper,
    title,
    casefold,
    truncate,
    pad,
    slug,
    stripHtml,
    fixMojibake,
    regexReplace,
  ],
  ...[nullIf, defaultValue, coalesce, required],
  ...[number, round, clamp, abs],
  ...[boolean],
  ...[datetime],
  ...[email, phone, url],
  ...[country, currency, language, postcode, iban, uuid],
  ...[map, fuzzyMap, oneOf, check],
  ...[cast],
  ...[pseudonymize, hash, mask, redact, nullify, replace, dateShift, generalize, ipTruncate, keep],
];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export const operationNames: readonly string[] = [...byName.keys()];

export function operationOf(name: string): Operation | undefined {
  return byName.get(name);
}
