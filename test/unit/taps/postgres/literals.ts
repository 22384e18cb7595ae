import * as fc from 'fast-check';
import type { Wire } from '../../../../taps/postgres/model.ts';

/** A value as Postgres writes it, and as it must be sent: JSON text, as JSON.stringify would write it. */
export interface Sample {
  /** Null: NULL. */
  readonly literal: string | null;
  readonly json: string;
}

const NULL: Sample = { literal: null, json: 'null' };

/** Texts with all that has a meaning somewhere: to COPY, to JSON, to arrays, to composites. */
const PIECES = ['\\', '"', "'", ',', '{', '}', '(', ')', '[', ']', '=>', ' ', '\t', '\n', '\r', '\v', '\f', '\b', 'N', 'NULL', 'NULLS', 'null', '\\N', '\\.', ';', ':', '=', '\x01', '\x1f', '\x7f', '\u2028', 'é', '日本', '😀', 'x', '__proto__', '0']; // prettier-ignore
export const nastyText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter(isText),
  fc.string({ unit: 'binary-ascii', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
);

const two = (value: number): string => String(value).padStart(2, '0');
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.option(fc.nat(999_999), { nil: undefined }))
  .map(([hour, minute, second, micros]) => {
    const fraction = micros === undefined || micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
    return `${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
  });
const day = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`);

const integer = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), fc.constantFrom('0', '-1', '42'));
const decimal = fc.tuple(fc.bigInt(-(10n ** 40n), 10n ** 40n).map(String), fc.stringMatching(/^\d{1,30}$/)).map(([whole, part]) => `${whole}.${part}`); // prettier-ignore
const float = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Object.is(value, -0) ? '-0' : floatText(value)));

/** As Postgres writes it: an exponent has two digits. */
function floatText(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }).filter((value) => isPlainJson(value));

/** Names that JavaScript would put first, or that are no members, are a matter of their own. */
function isPlainJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'string' || isText(value);
  return Object.entries(value).every(([name, member]) => isText(name) && (Array.isArray(value) || !/^\d+$|__proto__/.test(name)) && isPlainJson(member)); // prettier-ignore
}

/** What `jsonb` and JSON text can hold. */
function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text) && !text.includes('\0');
}

/** JSON text with some white space between its parts, which `json` keeps as it came. */
function spaced(value: unknown, blank: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => spaced(item, blank)).join(`,${blank}`)}${blank}]`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '0' : JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${blank}${spaced(member, blank)}`);
  return `${blank}{${members.join(`${blank},`)}}`;
}

/** The same JSON with some characters of its strings as escapes that nobody needs. */
function escaped(json: string): string {
  return json.replaceAll(/[x/é]/g, (character) =>
    character === '/' ? String.raw`\/` : `\\u00${character === 'x' ? '78' : 'E9'}`,
  );
}

const plain = (text: fc.Arbitrary<string>): fc.Arbitrary<Sample> => text.map((literal) => ({ literal, json: literal }));
const quoted = (text: fc.Arbitrary<string>): fc.Arbitrary<Sample> => text.map((literal) => ({ literal, json: JSON.stringify(literal) })); // prettier-ignore

/** Samples of a kind of value, NULL not among them. */
export function samples(wire: Wire): fc.Arbitrary<Sample> {
  switch (wire.kind) {
    case 'number': {
      const numbers = fc.oneof(plain(integer), plain(decimal), plain(float));
      const made = wire.as === 'string' ? numbers.map(({ literal, json }) => ({ literal, json: `"${json}"` })) : numbers;
      const json = (word: string): string => (wire.special === 'string' ? `"${word}"` : 'null');
      const special = fc.constantFrom('NaN', 'Infinity', '-Infinity').map((literal) => ({ literal, json: json(literal) }));
      return wire.special === 'fail' ? made : fc.oneof({ weight: 9, arbitrary: made }, { weight: 1, arbitrary: special });
    }
    case 'boolean':
      return fc.constantFrom({ literal: 't', json: 'true' }, { literal: 'f', json: 'false' });
    case 'text':
      return quoted(nastyText);
    case 'trimmed':
      return fc.tuple(nastyText, fc.nat(4)).map(([text, blanks]) => ({
        literal: text + ' '.repeat(blanks),
        json: JSON.stringify(text.replace(/ +$/, '')),
      }));
    case 'json':
      return fc.tuple(json, fc.constantFrom(' ', '', '\n', '\t \r\n'), fc.boolean()).map(([value, blank, isEscaped]) => ({
        literal: isEscaped ? escaped(spaced(value, blank)) : spaced(value, blank),
        json: JSON.stringify(value),
      }));
    case 'date':
      return timeSamples(wire, quoted(day), '4000-01-01 BC', '10000-01-01');
    case 'timestamp':
      return timeSamples(
        wire,
        fc.tuple(day, time).map(([date, time]) => ({ literal: `${date} ${time}`, json: `"${date}T${time}+00:00"` })),
        '0044-03-15 12:00:00.5 BC',
        '294276-12-31 23:59:59.999999',
      );
    case 'timestamptz':
      return timeSamples(
        wire,
        fc.tuple(day, time).map(([date, time]) => ({ literal: `${date} ${time}+00`, json: `"${date}T${time}+00:00"` })),
        '0044-03-15 12:00:00+00 BC',
        '294276-12-31 23:59:59.999999+00',
      );
    case 'bytea':
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => ({
        literal: `\\x${Buffer.from(bytes).toString('hex')}`,
        json: JSON.stringify(Buffer.from(bytes).toString(wire.form)),
      }));
    case 'hstore':
      return fc.dictionary(nastyText, fc.option(nastyText), { maxKeys: 4 }).map(hstore);
    case 'array':
      return arrays(orNull(samples(wire.of)), wire.delimiter);
    case 'composite':
      return fc.tuple(...wire.fields.map(({ wire }) => orNull(samples(wire)))).map((fields) => ({
        literal: `(${fields.map(({ literal }) => (literal === null ? '' : inRecord(literal))).join(',')})`,
        json: `{${fields.map(({ json }, i) => `${JSON.stringify(wire.fields[i]!.name)}:${json}`).join(',')}}`,
      }));
    case 'range':
      return range(samples(wire.of));
    default:
      return fc.array(range(samples(wire.of)).filter(({ literal }) => literal !== 'empty'), { maxLength: 3 }).map((list) => ({
        literal: `{${list.map(({ literal }) => literal).join(',')}}`,
        json: `[${list.map(({ json }) => json).join(',')}]`,
      })); // prettier-ignore
  }
}

export function orNull(sample: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.oneof({ weight: 6, arbitrary: sample }, { weight: 1, arbitrary: fc.constant(NULL) });
}

type TimeWire = Extract<Wire, { kind: 'date' | 'timestamp' | 'timestamptz' }>;

function timeSamples(wire: TimeWire, within: fc.Arbitrary<Sample>, early: string, late: string): fc.Arbitrary<Sample> {
  const first = wire.kind === 'date' ? '0001-01-01' : '0001-01-01T00:00:00+00:00';
  const last = wire.kind === 'date' ? '9999-12-31' : '9999-12-31T23:59:59.999999+00:00';
  if (wire.outOfRange === 'fail') return within;
  const json = (literal: string): string => {
    if (wire.outOfRange === 'null') return 'null';
    if (wire.outOfRange === 'string') return `"${literal}"`;
    return literal === early || literal === '-infinity' ? `"${first}"` : `"${last}"`;
  };
  const beyond = fc.constantFrom(early, late, 'infinity', '-infinity').map((literal) => ({ literal, json: json(literal) }));
  return fc.oneof({ weight: 6, arbitrary: within }, { weight: 1, arbitrary: beyond });
}

/** As JavaScript orders the names, for the general lane makes an object. */
function hstore(pairs: Record<string, string | null>): Sample {
  const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return {
    literal: Object.entries(pairs).map(([name, value]) => `${quote(name)}=>${value === null ? 'NULL' : quote(value)}`).join(', '),
    json: JSON.stringify(pairs),
  }; // prettier-ignore
}

/** One dimension or two, now and then with other lower bounds. */
function arrays(element: fc.Arbitrary<Sample>, delimiter: string): fc.Arbitrary<Sample> {
  const inArray = ({ literal }: Sample): string => {
    if (literal === null) return 'NULL';
    // See array_out: what it would misread is quoted.
    const bare =
      literal !== '' && !/[\s"\\{}]/.test(literal.replaceAll(/[^\S \t\n\r\v\f]/g, 'x')) && !literal.includes(delimiter);
    return bare && literal.toUpperCase() !== 'NULL' ? literal : `"${literal.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  };
  const flat = fc.array(element, { maxLength: 4 }).map((list) => ({
    literal: `{${list.map(inArray).join(delimiter)}}`,
    json: `[${list.map(({ json }) => json).join(',')}]`,
  }));
  const deep = fc.array(fc.tuple(element, element), { minLength: 1, maxLength: 3 }).map((list) => ({
    literal: `{${list.map((pair) => `{${pair.map(inArray).join(delimiter)}}`).join(delimiter)}}`,
    json: `[${list.map((pair) => `[${pair.map(({ json }) => json).join(',')}]`).join(',')}]`,
  }));
  const moved = flat.filter(({ json }) => json !== '[]').map(({ literal, json }) => ({ literal: `[-3:0]=${literal}`, json }));
  return fc.oneof({ weight: 6, arbitrary: flat }, { weight: 3, arbitrary: deep }, { weight: 1, arbitrary: moved });
}

function range(bound: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const text = ({ literal }: Sample): string => (literal === null ? '' : inRecord(literal));
  const some = fc.tuple(fc.boolean(), orNull(bound), orNull(bound), fc.boolean()).map(([lowerInc, lower, upper, upperInc]) => ({
    literal: `${lowerInc ? '[' : '('}${text(lower)},${text(upper)}${upperInc ? ']' : ')'}`,
    json: `{"lower":${lower.json},"upper":${upper.json},"lower_inc":${lowerInc},"upper_inc":${upperInc},"empty":false}`,
  }));
  const empty = { literal: 'empty', json: '{"lower":null,"upper":null,"lower_inc":false,"upper_inc":false,"empty":true}' };
  return fc.oneof({ weight: 8, arbitrary: some }, { weight: 1, arbitrary: fc.constant(empty) });
}

/** See record_out and range_out. */
function inRecord(literal: string): string {
  return literal !== '' && !/["\\()[\],\s]/.test(literal) ? literal : `"${literal.replaceAll(/["\\]/g, '$&$&')}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
  '\\': '\\',
};

/** A cell of COPY's text format; see CopyAttributeOutText. */
export function copyCell(literal: string | null): string {
  return literal === null ? String.raw`\N` : literal.replaceAll(/[\b\f\n\r\t\v\\]/g, (character) => `\\${ESCAPES[character]!}`);
}
