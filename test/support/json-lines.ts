import * as fc from 'fast-check';

/** How one writer spells JSON: its spaces, and whether it escapes what need not be escaped. */
export interface Spelling {
  readonly afterComma: string;
  readonly afterColon: string;
  readonly ascii: boolean;
}

export const spellings: fc.Arbitrary<Spelling> = fc.record({
  afterComma: fc.constantFrom('', '', ' ', '\t'),
  afterColon: fc.constantFrom('', '', ' ', '  '),
  ascii: fc.boolean(),
});

/** A string as JSON text in a writer's spelling; `odd` characters (by index) are escaped without need. */
export function stringText(value: string, { ascii }: Spelling, odd: ReadonlySet<number> = new Set()): string {
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const unit = value[i]!;
    const code = value.charCodeAt(i);
    if (odd.has(i) || (ascii && code > 0x7e)) text += `\\u${code.toString(16).padStart(4, '0')}`;
    // JSON.stringify of one unit escapes every surrogate as if it were alone.
    else text += code >= 0xd800 && code <= 0xdfff && isPaired(value, i) ? unit : JSON.stringify(unit).slice(1, -1);
  }
  return `"${text}"`;
}

function isPaired(value: string, i: number): boolean {
  const code = value.charCodeAt(i);
  const other = code < 0xdc00 ? value.charCodeAt(i + 1) : value.charCodeAt(i - 1);
  return code < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
}

/** An object's text from its members' names and texts. */
export function objectText(members: readonly (readonly [string, string])[], spelling: Spelling): string {
  const texts = members.map(([name, value]) => `${stringText(name, spelling)}:${spelling.afterColon}${value}`);
  return `{${texts.join(`,${spelling.afterComma}`)}}`;
}

/** Strings that break writers of text formats, and plain ones. */
export const nastyStrings: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', '\\N', '\\', '\\.', '\t', '\n', '\r\n', '"', '\\"', '\\\\', '\0', 'a\0b', '\u0001', '\x7f', '\u2028', 'é', 'ключ', '🙂', '\ud83d', '\ude42', 'null', 'a/b', '\b\f\v'),
  fc.array(fc.constantFrom('\\', '"', '\t', '\n', 'a', '/', '🙂', '\ud83d', '\0', 'é'), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ minLength: 120, maxLength: 300 }),
); // prettier-ignore

/** Number tokens in all spellings, and some that are none. */
export const numberTexts: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.stringMatching(/^-?(?:0|[1-9]\d{0,29})$/),
  fc.stringMatching(/^-?(?:0|[1-9]\d{0,3})\.\d{1,20}$/),
  fc.stringMatching(/^-?(?:0|[1-9]\d?)(?:\.\d{1,3})?[eE][-+]?\d{1,6}$/),
  fc.constantFrom('1.10', '1e5', '-0', '0', '-0.0', '1E400', '1e-400', '1.0', '100e-2', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '999999999999999999', '1e18', '1e19', '01', '1.', '.5', '+1', '-', '1e', 'NaN', 'Infinity'),
); // prettier-ignore

/** Texts that look like dates, times and the like, right and wrong. */
export const timeTexts: fc.Arbitrary<string> = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }).map((date) => date.toISOString()),
  fc.stringMatching(/^20\d\d-[01]\d-[0-3]\d$/),
  fc.stringMatching(/^20\d\d-0[1-9]-[012][1-9][T ][012]\d:[0-6]\d:[0-6]\d(?:\.\d{1,9})?(?:Z|[-+][01]\d:[0-6]\d)?$/),
  fc.stringMatching(/^[012]\d:[0-6]\d:[0-6]\d(?:\.\d{1,9})?(?:Z|[-+]0\d:00)?$/),
  fc.constantFrom('2024-02-29', '2023-02-29', '1900-02-29', '2000-02-29', '2024-02-30', '0000-01-01', '0000-00-00', '-0001-01-01', '+020000-01-01', '12024-01-01', '2024-13-01', '2024-01-01t00:00:00z', '2024-01-01 10:00', '2024-01-01T10:00:00,5Z', '2024-01-01T24:00:00Z', '2024-01-01T23:59:60Z', '2024-01-01T10:00:00.1234567Z', '2024-01-01T10:00:00.123456000Z', '2024-01-01T10:00:00.5+02:30', '2024-01-01T10:00:00+0200', '2024-01-01T10:00:00 -02', '2024-01-01T10:00:00+16:00', '2024-01-01T10:00:00.Z', '10:00', '10:00:00Z', '10:00:00+02:00', '24:00:00', '23:59:60', '10:00:00.1234567', 'yesterday'),
); // prettier-ignore

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
