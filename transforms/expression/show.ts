import { ExactNumber } from '../../singer/index.ts';
import { floatText, numberText } from './numbers.ts';
import { entriesOf, fault, Float, isDigits, isList, numericOf, Tuple, type Value, ValueSet } from './values.ts';
import { Day, Moment, Span, Zone } from './time-values.ts';

/** `str(value)` of Python. A number that nothing was done with is shown as its source has it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof ExactNumber) return exactText(value);
  if (value instanceof Moment) return value.toString(' ');
  if (value instanceof Day || value instanceof Span || value instanceof Zone) return value.toString();
  return reprOf(value);
}

function exactText(value: ExactNumber): string {
  return /[eE]/.test(value.text) || value.text === '-0' ? numberText(numericOf(value)!) : value.text;
}

/** `repr(value)` of Python. */
export function reprOf(value: Value): string {
  if (value === null) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'string':
      return quoted(value);
    case 'bigint':
      return String(value);
    case 'number':
      return isDigits(value) ? String(value) : floatText(value);
    default:
      break;
  }
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof ExactNumber) return exactText(value);
  if (isList(value)) return `[${value.map(reprOf).join(', ')}]`;
  if (value instanceof Tuple) {
    const items = value.items.map(reprOf);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (value instanceof ValueSet) return value.size === 0 ? 'set()' : `{${value.items().map(reprOf).join(', ')}}`;
  const entries = entriesOf(value);
  if (entries !== undefined) return `{${entries.map(([key, member]) => `${reprOf(key)}: ${reprOf(member)}`).join(', ')}}`;
  throw fault('a date or time in a list or dict has no text; use isoformat()');
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(UNPRINTABLE, (c) => {
    if (c === '\\' || c === quote) return `\\${c}`;
    if (c === "'" || c === '"') return c;
    const short = SHORT[c];
    if (short !== undefined) return short;
    const code = c.codePointAt(0)!;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x1_00_00 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `${quote}${body}${quote}`;
}

const UNPRINTABLE = /[\\'"]|(?! )[\p{C}\p{Z}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
