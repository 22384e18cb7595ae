import { fromCodePoints, hasAstral } from './code-points.ts';
import { limited } from './json-functions.ts';
import { fixedText, floatText, isFloat, type Numeric, scientificText, toDouble } from './numbers.ts';
import { reprOf, textOf } from './show.ts';
import { formatTime } from './time-format.ts';
import { Day, Moment } from './time-values.ts';
import { fault, isList, memberOf, numericOf, plain, Tuple, typeName, type Value, isObject, Dict } from './values.ts';

const SPEC = /^(?:([^])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d{1,6})?([,_])?(?:\.(\d{1,4}))?([a-zA-Z%])?$/u;

interface Spec {
  readonly fill: string;
  readonly align: '<' | '>' | '=' | '^' | undefined;
  readonly sign: '-' | '+' | ' ';
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: ',' | '_' | undefined;
  readonly precision: number | undefined;
  readonly type: string | undefined;
  /** What a precision means for an int where it may have one. */
  readonly leastDigits?: number | undefined;
}

/** Formats whose digits may be grouped. */
const GROUPED = { ',': 'deEfFgG%', _: 'deEfFgG%boxX' } as const;

/** `format(value, spec)` of Python: for texts, numbers and times. Throws ValueFault. */
export function formatValue(value: Value, spec: string): string {
  if (spec === '') return textOf(value);
  if (value instanceof Day || value instanceof Moment) return formatTime(value, spec);
  const parsed = specOf(spec);
  if (typeof value === 'string') return formatText(value, parsed);
  const number = numericOf(value);
  if (number === undefined) {
    throw fault(`${typeName(value)} takes no format`);
  }
  return formatNumber(number, parsed);
}

function specOf(text: string): Spec {
  const found = SPEC.exec(text);
  if (found === null) throw fault('a format that is not valid');
  const [, fill, align, sign, , alternate, zero, width, grouping, precision, type] = found;
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: (align ?? (zero === undefined ? undefined : '=')) as Spec['align'],
    sign: (sign ?? '-') as Spec['sign'],
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: grouping as Spec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

function formatText(text: string, { align, fill, precision, sign, type, width, grouping }: Spec): string {
  if ((type ?? 's') !== 's' || align === '=' || sign !== '-' || grouping !== undefined) {
    throw fault('a format of numbers for a text');
  }
  const cut = precision === undefined ? text : fromCodePoints(text).slice(0, precision).join('');
  return pad(cut, { align: align ?? '<', fill, width });
}

function pad(text: string, { align, fill, width }: { align: string; fill: string; width: number }): string {
  const length = hasAstral(text) ? fromCodePoints(text).length : text.length;
  const missing = width - length;
  if (missing <= 0) return text;
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing;
  return limited(fill.repeat(left) + text + fill.repeat(missing - left));
}

function formatNumber(number: Numeric, spec: Spec): string {
  const isNegative = isFloat(number) ? toDouble(number) < 0 || Object.is(toDouble(number), -0) : plain(number) < 0;
  const sign = isNegative ? '-' : spec.sign === '-' ? '' : spec.sign;
  const isWhole = !isFloat(number) && (spec.type === undefined || 'dnboxXc'.includes(spec.type));
  if (isWhole && spec.precision !== undefined && spec.leastDigits === undefined) throw fault('a precision for an int');
  if (spec.grouping !== undefined && !GROUPED[spec.grouping].includes(spec.type ?? 'd')) throw fault('groups for such a format');
  const { prefix, digits } = isWhole ? wholeDigits(number, spec) : { prefix: '', digits: floatDigits(number, spec) };
  const zeros = spec.align === '=' && spec.fill === '0';
  const head = sign + prefix;
  const grouped = group(digits.padStart(spec.leastDigits ?? 0, '0'), { spec, least: zeros ? spec.width - head.length : 0 });
  if ((spec.align ?? '>') !== '=') return pad(head + grouped, { align: spec.align ?? '>', fill: spec.fill, width: spec.width });
  return limited(head + pad(grouped, { align: '>', fill: spec.fill, width: spec.width - head.length }));
}

function wholeDigits(number: Numeric, { alternate, type }: Spec): { prefix: string; digits: string } {
  const value = BigInt(plain(number));
  const size = value < 0n ? -value : value;
  switch (type) {
    case 'b':
      return { prefix: alternate ? '0b' : '', digits: size.toString(2) };
    case 'o':
      return { prefix: alternate ? '0o' : '', digits: size.toString(8) };
    case 'x':
      return { prefix: alternate ? '0x' : '', digits: size.toString(16) };
    case 'X':
      return { prefix: alternate ? '0X' : '', digits: size.toString(16).toUpperCase() };
    case 'c':
      if (value < 0n || value > 0x10_ff_ffn) throw fault('a number that is no character');
      return { prefix: '', digits: String.fromCodePoint(Number(value)) };
    default:
      return { prefix: '', digits: size.toString() };
  }
}

function floatDigits(number: Numeric, spec: Spec): string {
  const text = bareDigits(number, spec);
  // The alternate form has a point always.
  return spec.alternate && !text.includes('.') && /^\d/.test(text) ? text.replace(/^\d+/, '$&.') : text;
}

function bareDigits(number: Numeric, { alternate, precision, type }: Spec): string {
  const value = Math.abs(toDouble(number));
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  switch (type) {
    case undefined:
      if (precision === undefined) return floatText(value);
      return general(value, { precision, alternate, point: true });
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6);
    case '%':
      return `${fixed(value * 100, precision ?? 6)}%`;
    case 'e':
    case 'E': {
      const text = exponential(value, precision ?? 6);
      return type === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'n':
      return general(value, { precision: precision ?? 6, alternate, point: false });
    case 'G':
      return general(value, { precision: precision ?? 6, alternate, point: false }).toUpperCase();
    default:
      throw fault(`the format ${type} for a number`);
  }
}

function fixed(value: number, digits: number): string {
  if (digits > 100) throw fault('more than 100 digits');
  if (value < 1e21) return fixedText(value, digits);
  const whole = BigInt(value).toString();
  return digits === 0 ? whole : `${whole}.${'0'.repeat(digits)}`;
}

function exponential(value: number, digits: number): string {
  if (digits > 100) throw fault('more than 100 digits');
  return scientificText(value, digits);
}

function general(
  value: number,
  { precision, alternate, point }: { precision: number; alternate: boolean; point: boolean },
): string {
  const digits = Math.max(1, precision);
  const scientific = exponential(value, digits - 1);
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  // Without a type, a number keeps a point and one digit behind it, and goes over to exponents one digit earlier.
  if (exponent < -4 || exponent >= (point ? digits - 1 : digits)) return alternate ? scientific : stripped(scientific);
  const text = fixed(value, Math.max(0, digits - 1 - exponent));
  if (alternate) return text;
  const short = stripped(text);
  return point && !short.includes('.') ? `${short}.0` : short;
}

function stripped(text: string): string {
  return text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');
}

/** Separates groups of digits before the point, with zeros before them if the text is to be so long. */
function group(digits: string, { spec, least }: { spec: Spec; least: number }): string {
  const { grouping, type } = spec;
  if (grouping === undefined) return digits;
  const [whole, rest] = ('xX'.includes(type ?? 'd') ? /^([\da-fA-F]*)([^]*)$/ : /^(\d*)([^]*)$/).exec(digits)!.slice(1) as [
    string,
    string,
  ];
  const size = 'boxX'.includes(type ?? 'd') ? 4 : 3;
  const separate = (text: string): string => {
    let out = '';
    for (let end = text.length; end > 0; end -= size) {
      out = `${text.slice(Math.max(0, end - size), end)}${out === '' ? '' : grouping}${out}`;
    }
    return out;
  };
  let padded = whole;
  while (separate(padded).length + rest.length < least) padded = `0${padded}`;
  return separate(padded) + rest;
}

const PERCENT = /%(?:\((\w+)\))?([-+ 0#]*)(\*|\d{1,6})?(?:\.(\d{1,4}))?([a-zA-Z%])/g;

/** `text % values` of Python. Throws ValueFault. */
export function percentFormat(text: string, given: Value): string {
  const values = given instanceof Tuple ? given.items : [given];
  let used = 0;
  const result = text.replaceAll(PERCENT, (...found) => {
    const [, name, flags, width, precision, type] = found as [string, ...(string | undefined)[]];
    if (type === '%') return '%';
    if (width === '*') throw fault('a width of * in a format');
    const value = name === undefined ? values[used++] : named(given, name);
    if (value === undefined) throw fault('fewer values than the format has places');
    return percentPart(value, { flags: flags ?? '', width: Number(width ?? 0), precision, type: type! });
  });
  const takesNames = given instanceof Dict || isObject(given) || isList(given);
  if (used < values.length && !takesNames) throw fault('more values than the format has places');
  return limited(result);
}

function named(given: Value, name: string): Value | undefined {
  if (!(given instanceof Dict) && !isObject(given)) throw fault('a format with names takes a dict');
  return memberOf(given, name);
}

function percentPart(value: Value, o: { flags: string; width: number; precision: string | undefined; type: string }): string {
  const { flags, precision, type, width } = o;
  const left = flags.includes('-');
  const align = left ? '<' : '>';
  const digits = precision === undefined ? undefined : Number(precision);
  if ('sra'.includes(type)) {
    const shown = type === 's' ? textOf(value) : reprOf(value);
    return pad(digits === undefined ? shown : fromCodePoints(shown).slice(0, digits).join(''), { align, fill: ' ', width });
  }
  const number = numericOf(value);
  if (number === undefined) throw fault(`a number where the format has %${type}, not ${typeName(value)}`);
  const whole = 'diu'.includes(type) && isFloat(number) ? BigInt(Math.trunc(toDouble(number))) : number;
  return formatNumber(whole, {
    fill: flags.includes('0') && !left ? '0' : ' ',
    align: flags.includes('0') && !left ? '=' : align,
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
    alternate: flags.includes('#'),
    width,
    grouping: undefined,
    precision: digits,
    leastDigits: 'diuxXo'.includes(type) ? (digits ?? 0) : undefined,
    type: 'iu'.includes(type) ? 'd' : type,
  });
}
