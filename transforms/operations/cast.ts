import { columnOf, ExactNumber, isJsonObject, type Json, parseExact, stringifyExact } from '../../singer/index.ts';
import { checkConfig } from '../../singer/mapper/index.ts';
import { ValueFault } from '../fault.ts';
import { decimalIn, decimalOf, exactNumber, textOfDecimal } from '../numbers/decimal.ts';
import { defineOperation, type Field, type Step } from '../operation.ts';
import { isNullable, schemaLike } from '../schemas.ts';
import datetime from './datetime.ts';

type Type = 'integer' | 'number' | 'string' | 'boolean' | 'date' | 'date-time' | 'object' | 'array';

export default defineOperation({
  name: 'cast',
  group: 'typing',
  summary: 'Makes values of another type, where that loses nothing.',
  notes: [
    'Texts are read as programs write them: 12.5, true, 2018-04-16, JSON. For what people write there are `number`, `boolean` and `datetime`.',
    'Whole numbers only become integers: 12.0 does, 12.5 is an error. Date-times without a zone are in `defaults.zone`.',
  ],
  parameters: {
    to: {
      type: 'string',
      options: ['integer', 'number', 'string', 'boolean', 'date', 'date-time', 'object', 'array'],
      required: true,
      description: 'The type of what comes out.',
    },
  },
  main: 'to',
  examples: [
    { step: { cast: 'integer' }, input: '12', output: 12 },
    { step: { cast: 'integer' }, input: '12.5' },
    { step: { cast: 'string' }, schema: { type: 'number' }, input: 12.5, output: '12.5' },
    { step: { cast: 'date' }, input: '2018-04-16', output: '2018-04-16' },
    { step: { cast: 'array' }, input: '[1, 2]', output: [1, 2] },
  ],
  prepare: ({ to }, field) => CASTS[to](field),
});

const CASTS: Readonly<Record<Type, (field: Field) => Step>> = {
  integer: (field) => ({ schema: schemaLike(field.schema, 'integer'), apply: toInteger }),
  number: (field) => ({ schema: schemaLike(field.schema, 'number'), apply: toNumber }),
  string: (field) => ({
    schema: columnOf('', field.schema).type === 'string' ? field.schema : schemaLike(field.schema, 'string'),
    apply: toText,
  }),
  boolean: (field) => ({ schema: schemaLike(field.schema, 'boolean'), apply: toBoolean }),
  date: (field) => asDatetime('date', field),
  'date-time': (field) => asDatetime('date-time', field),
  object: (field) => jsonStep('object', field),
  array: (field) => jsonStep('array', field),
};

/** Longer ones are no numbers that anybody counts with, but exponents. */
const MOST_INTEGER_DIGITS = 1000;

function toInteger(value: Json | undefined): Json {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = numberOf(value);
  if (!isWhole(number)) throw new ValueFault('not-an-integer', 'it has a fraction');
  if (number.digits.length + number.exponent > MOST_INTEGER_DIGITS)
    throw new ValueFault('out-of-range', 'the number is too great');
  return exactNumber(textOfDecimal(number));
}

/** Zeros alone stand behind the point. */
function isWhole({ digits, exponent }: { readonly digits: string; readonly exponent: number }): boolean {
  return digits.replace(/0+$/, '').length <= digits.length + exponent;
}

function toNumber(value: Json | undefined): Json {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || value instanceof ExactNumber) return value;
  numberOf(value);
  return exactNumber((value as string).trim().replace(/^(-?)0+(?=\d)/, '$1'));
}

function numberOf(value: Json | undefined) {
  const number = typeof value === 'string' ? decimalOf(value.trim()) : decimalIn(value);
  if (number === undefined) throw new ValueFault('not-a-number', 'not a number');
  return number;
}

function toText(value: Json | undefined): Json {
  return typeof value === 'string' ? value : stringifyExact(value ?? null);
}

function toBoolean(value: Json | undefined): Json {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : toText(value);
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw new ValueFault('not-a-boolean', 'neither true nor false');
}

function asDatetime(output: 'date' | 'date-time', field: Field): Step {
  return datetime.prepare(checkConfig(datetime.parameters, { output }).config as never, field);
}

/** Lists and objects pass; texts are read as JSON. */
function jsonStep(type: 'object' | 'array', field: Field): Step {
  const isType = (value: Json | undefined): boolean => (type === 'array' ? Array.isArray(value) : isJsonObject(value));
  return {
    schema:
      columnOf('', field.schema).type === type ? field.schema : { type: isNullable(field.schema) ? [type, 'null'] : [type] },
    apply: (value) => {
      const read = typeof value === 'string' ? parsed(value) : value;
      if (!isType(read)) throw new ValueFault(`not-an-${type}`, type === 'array' ? 'not a list' : 'not an object');
      return read;
    },
  };
}

function parsed(text: string): Json | undefined {
  try {
    return parseExact(text);
  } catch {
    // The parser's words would show the text.
    return undefined;
  }
}
