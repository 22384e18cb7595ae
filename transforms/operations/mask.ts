import { ExactNumber, type Json } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { pointsOf } from '../code-points.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation, type Field, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

/** What is left in clear. */
interface Pattern {
  readonly first: number;
  readonly last: number;
  /** Characters that are never masked and not counted. */
  readonly signs: ReadonlySet<string>;
}

const SEPARATORS = new Set(' -./+()');

/** Presets that are patterns; the others are functions below. */
const PATTERNS: Readonly<Record<'phone' | 'card' | 'iban', Pattern>> = {
  phone: { first: 0, last: 3, signs: SEPARATORS },
  card: { first: 0, last: 4, signs: SEPARATORS },
  iban: { first: 2, last: 4, signs: SEPARATORS },
};

export default defineOperation({
  name: 'mask',
  group: 'privacy',
  summary: 'Puts a sign in place of most characters of a text; what is left helps people to recognize it.',
  notes: [
    'A text that is too short to hide anything (it has no more characters than are to be kept) is masked whole.',
    'Characters are Unicode code points. Numbers are masked as text, so that the field becomes one of text.',
    'What is left, and the length, still tell something: this makes data less clear, not anonymous.',
  ],
  parameters: {
    preset: {
      type: 'string',
      options: ['email', 'phone', 'card', 'iban', 'name'],
      description:
        '`email` keeps the first letter and the domain, `phone` the last three digits, `card` the last four, `iban` the country and the last four, `name` initials.',
    },
    keep_first: { type: 'integer', minimum: 0, description: 'Characters at the start that stay. None unless set.' },
    keep_last: { type: 'integer', minimum: 0, description: 'Characters at the end that stay. None unless set.' },
    char: { type: 'string', default: '*', description: 'The sign that stands in place of a character.' },
    keep_chars: {
      type: 'string',
      description: 'Signs that stay wherever they stand and are not counted, such as `@.-`. No letters, no digits.',
      examples: ['@.- '],
    },
  },
  main: 'preset',
  privacy: 'reduced',
  merges: true,
  examples: [
    { step: { mask: { keep_last: 3 } }, input: '0791234567', output: '*******567' },
    { step: { mask: 'email' }, input: 'ada@example.org', output: 'a**@example.org' },
    { step: { mask: 'phone' }, input: '+44 20 7946 0958', output: '+** ** **** *958' },
    { step: { mask: 'card' }, schema: { type: ['integer', 'null'] }, input: 4111111111111111, output: '************1111' },
    { step: { mask: 'iban' }, input: 'GB33 BUKB 2020 1555 5555 55', output: 'GB** **** **** **** **55 55' },
    { step: { mask: 'name' }, input: 'Ada King Lovelace', output: 'A. K. L.' },
    { step: { mask: { keep_first: 2 } }, input: 'ab', output: '**' },
  ],
  prepare(parameters, field): Step {
    const { char, preset } = parameters;
    if (pointsOf(char).length !== 1) field.problem('must be one character', 'char');
    if (/[\p{L}\p{N}]/u.test(parameters.keep_chars ?? '')) field.problem('must have no letters and no digits', 'keep_chars');
    if (preset !== undefined) refuseBeside(parameters, field);
    const masked = maskOf(parameters);
    return {
      schema: schemaLike(field.schema, 'string'),
      apply(value: Json | undefined) {
        if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof ExactNumber)) {
          throw new ValueFault('not-text', 'only texts and numbers can be masked');
        }
        const text = canonicalOf(value);
        const result = masked(text);
        // Whatever a text is made of, it does not pass as it is.
        return result === text ? char.repeat(pointsOf(text).length) : result;
      },
    };
  },
});

function refuseBeside(parameters: object, field: Field): void {
  for (const name of ['keep_first', 'keep_last', 'keep_chars']) {
    if (name in parameters && parameters[name as never] !== undefined) field.problem('cannot stand beside preset', name);
  }
}

interface Parameters {
  readonly preset: 'email' | 'phone' | 'card' | 'iban' | 'name' | undefined;
  readonly keep_first: number | undefined;
  readonly keep_last: number | undefined;
  readonly keep_chars: string | undefined;
  readonly char: string;
}

function maskOf({ char, keep_chars, keep_first: first = 0, keep_last: last = 0, preset }: Parameters): (text: string) => string {
  if (preset === 'name') return (text) => initials(text, char);
  if (preset === 'email') return (text) => maskedEmail(text, char);
  const pattern = preset === undefined ? { first, last, signs: new Set(keep_chars) } : PATTERNS[preset];
  return (text) => byPattern(text, pattern, char);
}

function byPattern(text: string, { first, last, signs }: Pattern, char: string): string {
  const points = pointsOf(text);
  const letters = signs.size === 0 ? points.length : points.filter((point) => !signs.has(point)).length;
  const keepsAll = first + last >= letters;
  let seen = 0;
  let masked = '';
  for (const point of points) {
    if (signs.has(point)) masked += point;
    else {
      masked += !keepsAll && (seen < first || seen >= letters - last) ? point : char;
      seen++;
    }
  }
  return masked;
}

const NONE: ReadonlySet<string> = new Set();

const DOMAIN = /^[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+$/;

/** The part before the last @ but for its first letter; all of a text that is no address: nobody knows what stands behind its @. */
function maskedEmail(text: string, char: string): string {
  const at = text.lastIndexOf('@');
  if (at < 0 || !DOMAIN.test(text.slice(at + 1))) return byPattern(text, { first: 0, last: 0, signs: NONE }, char);
  return byPattern(text.slice(0, at), { first: 1, last: 0, signs: NONE }, char) + text.slice(at);
}

/** The first letter of each word; a word of one letter would be told whole. */
function initials(text: string, char: string): string {
  return text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => {
      const [initial, ...others] = word;
      return others.length === 0 ? char : `${initial}.`;
    })
    .join(' ');
}
