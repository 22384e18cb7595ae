import * as fc from 'fast-check';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { nastyText } from '../../unit/taps/postgres/literals.ts';

/** A type, texts that the server takes for its values, and SQL of the JSON that is to be sent of one with the settings `AS_STRINGS`. */
export interface TypeSample {
  readonly type: string;
  readonly text: fc.Arbitrary<string>;
  readonly expected: (value: string) => string;
  /** The server's JSON text may have blanks between its parts. */
  readonly spaced?: true;
}

/** Settings under which nothing is lost. */
export const AS_STRINGS = { special_numbers: 'string', temporal_out_of_range: 'string' };

/** Types that the samples are of. */
export const TYPES_SQL = `CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS ltree;
  CREATE TYPE mood AS ENUM ('happy', 'so so', 'a "b", {c}'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN texts AS text[];
  CREATE TYPE place AS (street text, number int, "a ""b""" numeric); CREATE TYPE visit AS (place place, open bool, tags text[], mood mood);`;

const integer = (bits: bigint): fc.Arbitrary<string> => fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }).map(String); // prettier-ignore
const special = fc.constantFrom('NaN', 'Infinity', '-Infinity');
/** Of numeric; infinities came with Postgres 14, as multiranges did. */
const numericSpecial = SERVER_VERSION < 14 ? fc.constant('NaN') : special;
const decimal = fc.tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n).map(String), fc.stringMatching(/^\d{1,20}$/)).map(([whole, part]) => `${whole}.${part}`); // prettier-ignore
const two = (value: number): string => String(value).padStart(2, '0');
const day = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`);
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.option(fc.nat(999_999), { nil: 0 }))
  .map(([hour, minute, second, micros]) => `${two(hour)}:${two(minute)}:${two(second)}.${String(micros).padStart(6, '0')}`);
const moment = fc.tuple(day, time).map((parts) => parts.join(' '));
const infinity = fc.constantFrom('infinity', '-infinity');
const json = fc.json({ maxDepth: 3, stringUnit: 'grapheme' }).filter((text) => !/\\u|\0|"(?:\d+|__proto__)":/.test(text) && !/\p{Surrogate}/u.test(text)); // prettier-ignore
const bits = (least: number, most: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom('0', '1'), minLength: least, maxLength: most }); // prettier-ignore
const octet = fc.nat(255).map(String);
const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const field = (value: string | null): string => (value === null ? '' : `"${value.replaceAll(/["\\]/g, '$&$&')}"`);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 6 });

/** Array literals of one dimension or two, now and then with other lower bounds. */
function arrays(element: fc.Arbitrary<string>, delimiter = ','): fc.Arbitrary<string> {
  const list = (elements: readonly (string | null)[]): string => `{${elements.map((text) => (text === null ? 'NULL' : quoted(text))).join(delimiter)}}`; // prettier-ignore
  const flat = fc.array(orNull(element), { maxLength: 5 }).map(list);
  const deep = fc.array(fc.tuple(orNull(element), orNull(element)), { minLength: 1, maxLength: 3 }).map((rows) => `{${rows.map(list).join(delimiter)}}`); // prettier-ignore
  const moved = fc.tuple(orNull(element), orNull(element)).map((pair) => `[0:1]=${list(pair)}`);
  return fc.oneof({ weight: 5, arbitrary: flat }, { weight: 2, arbitrary: deep }, { weight: 1, arbitrary: moved });
}

const place = fc.tuple(orNull(nastyText), orNull(integer(32n)), orNull(decimal)).map((fields) => `(${fields.map(field).join(',')})`); // prettier-ignore
const mood = fc.constantFrom('happy', 'so so', 'a "b", {c}');
const range = (bound: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('empty') },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom('[', '('), fc.constantFrom(']', ')'), bound, fc.constantFrom('from', 'to', 'at'))
        .map(([open, close, at, what]) => `${open}${what === 'to' ? '' : field(at)},${what === 'from' ? '' : field(at)}${close}`),
    },
  );

const asText = (value: string): string => `to_json(${value}::text)`;
const asJson = (value: string): string => `to_json(${value})`;
/** As text where JSON has no way to write it. */
const within = (value: string, expected: string): string => `CASE WHEN ${value} >= '0001-01-01' AND ${value} < '10000-01-01' THEN ${expected} ELSE ${asText(value)} END`; // prettier-ignore

const of = (type: string, text: fc.Arbitrary<string>, expected = asJson): TypeSample => ({ type, text, expected });

const ALL_SAMPLES: readonly TypeSample[] = [
  of('smallint', integer(16n)),
  of('integer', integer(32n)),
  of('bigint', integer(64n)),
  of('oid', fc.nat(0xffff_ffff).map(String), (value) => `to_json(${value}::int8)`),
  of('numeric', fc.oneof({ weight: 6, arbitrary: decimal }, { weight: 1, arbitrary: numericSpecial })),
  of('numeric(12,3)', fc.oneof(fc.integer({ min: -999_999_999, max: 999_999_999 }).map(String), fc.constant('NaN'))),
  of('real', fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }).map(String), special)),
  of('double precision', fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), special)),
  of('money', fc.integer({ min: -1e9, max: 1e9 }).map((cents) => (cents / 100).toFixed(2)), (value) => `to_json(${value}::numeric)`),
  of('boolean', fc.constantFrom('t', 'f')),
  of('text', nastyText),
  of('varchar(40)', nastyText),
  of('char(8)', nastyText.map((text) => Array.from(text).slice(0, 8).join(''))),
  of('name', nastyText, asText),
  of('"char"', fc.constantFrom('a', '"', '\\', '\t', ' '), asText),
  of('citext', nastyText, asText),
  of('uuid', fc.uuid()),
  of('mood', mood),
  of('positive', fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(String)),
  of('texts', fc.array(orNull(nastyText)).map((list) => `{${list.map((text) => (text === null ? 'NULL' : quoted(text))).join(',')}}`)),
  { ...of('json', json), spaced: true },
  { ...of('jsonb', json), spaced: true },
  of('bytea', fc.uint8Array({ maxLength: 200 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`), (value) => `to_json(translate(encode(${value}, 'base64'), E'\\n', ''))`),
  of('date', fc.oneof({ weight: 6, arbitrary: day }, infinity, fc.constantFrom('0044-03-15 BC', '4713-01-01 BC', '5874897-12-31')), (value) => within(value, asJson(value))),
  of('timestamp', fc.oneof({ weight: 6, arbitrary: moment }, infinity, fc.constantFrom('0044-03-15 00:00:00.5 BC', '294276-12-31 23:59:59.999999')), (value) => within(value, `to_json((to_json(${value}) #>> '{}') || '+00:00')`)),
  of('timestamptz', fc.oneof({ weight: 6, arbitrary: fc.tuple(moment, fc.constantFrom('+00', '+05:30', '-11', '+00:00:17')).map((parts) => parts.join('')) }, infinity, fc.constantFrom('0044-03-15 00:00:00+00 BC', '10000-01-01 00:00:00+00')), (value) => within(value, asJson(value))),
  of('timestamptz(3)', moment.map((text) => `${text}+00`), (value) => within(value, asJson(value))),
  of('time', fc.oneof(time, fc.constant('24:00:00'))),
  of('timetz', fc.tuple(time, fc.constantFrom('+00', '+05:30', '-11:15:30')).map((parts) => parts.join('')), asText),
  of('interval', fc.tuple(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -40, max: 40 }), fc.integer({ min: -90_000, max: 90_000 }), fc.nat(999_999)).map(([months, days, seconds, micros]) => `${months} mons ${days} days ${seconds} secs ${micros} microseconds`), asText),
  of('integer[]', arrays(integer(32n))),
  of('bigint[]', arrays(integer(64n))),
  of('numeric[]', arrays(fc.oneof(decimal, numericSpecial))),
  of('double precision[]', arrays(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))),
  of('boolean[]', arrays(fc.constantFrom('t', 'f'))),
  of('text[]', arrays(nastyText)),
  of('varchar(40)[]', arrays(nastyText)),
  of('mood[]', arrays(mood)),
  of('uuid[]', arrays(fc.uuid())),
  of('date[]', arrays(day)),
  of('timestamptz[]', arrays(moment.map((text) => `${text}+00`))),
  { ...of('jsonb[]', arrays(json)), spaced: true },
  of('place[]', arrays(place)),
  of('inet[]', arrays(address)),
  of('place', place),
  of('visit', fc.tuple(orNull(place), orNull(fc.constantFrom('t', 'f')), orNull(arrays(nastyText)), orNull(mood)).map((fields) => `(${fields.map(field).join(',')})`)),
  { ...of('hstore', fc.dictionary(nastyText.filter((name) => !/^\d+$|__proto__/.test(name)), fc.option(nastyText), { maxKeys: 4 }).map((pairs) => Object.entries(pairs).map(([name, value]) => `${quoted(name)}=>${value === null ? 'NULL' : quoted(value)}`).join(',')), (value) => `hstore_to_json(${value})`), spaced: true },
  of('int4range', range(fc.integer({ min: -1e6, max: 1e6 }).map(String)), asText),
  of('numrange', range(decimal), asText),
  of('daterange', range(day), asText),
  of('tstzrange', range(moment.map((text) => `${text}+00`)), asText),
  of('nummultirange', fc.array(range(decimal), { maxLength: 3 }).map((ranges) => `{${ranges.join(',')}}`), asText),
  of('inet', fc.tuple(address, fc.constantFrom('', '/0', '/24', '/32')).map((parts) => parts.join('')), (value) => `to_json(left(textsend(${value}::text)::text, 0) || regexp_replace(${value}::text, CASE WHEN family(${value}) = 4 AND masklen(${value}) = 32 THEN '/32$' ELSE 'never' END, ''))`),
  of('bit(1)', bits(1, 1), (value) => `to_json(${value}::text = '1')`),
  of('bit(7)', bits(7, 7), asText),
  of('bit varying', bits(0, 20), asText),
  of('pg_lsn', fc.nat(0xff_ffff).map((value) => `1/${value.toString(16)}`), asText),
  of('point', fc.tuple(fc.integer(), fc.integer()).map(([x, y]) => `(${x},${y})`), asText),
  of('box[]', arrays(fc.tuple(fc.nat(9), fc.nat(9)).map(([x, y]) => `(${x},${y}),(0,0)`), ';')),
  of('xml', fc.constantFrom('<a/>', '<a b="c">d</a>', 'text'), asText),
  of('tsvector', fc.constantFrom("'a':1A 'b c':2", "'it''s'"), asText),
  of('ltree', fc.constantFrom('Top.Science', 'a'), asText),
]; // prettier-ignore

/** Those that the run's server has. */
export const TYPE_SAMPLES = ALL_SAMPLES.filter(({ type }) => SERVER_VERSION >= 14 || !type.includes('multirange'));
