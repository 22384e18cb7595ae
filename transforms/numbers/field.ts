import { columnOf, type Json, type JsonSchema } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import type { Field, Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';
import { type Decimal, decimalIn, decimalOf, exactNumber, textOfDecimal } from './decimal.ts';

/**
 * A step for numbers. `change` gives the number that comes out, the same object where nothing changes: the value then stays as it was.
 * Texts with the format `singer.decimal` are numbers too, and stay texts. `integers`: whole numbers stay whole.
 */
export function numberStep(field: Field, integers: boolean, change: (number: Decimal) => Decimal): Step {
  const { type } = columnOf('', field.schema);
  const isText = type === 'decimal';
  if (!isText && !canBeNumber(field.schema, type)) {
    field.problem('is for numbers, and the schema says that there are none: put `number` before it');
  }
  return {
    schema: isText
      ? schemaLike(field.schema, 'string', { format: 'singer.decimal' })
      : schemaLike(field.schema, type === 'integer' && integers ? 'integer' : 'number'),
    apply(value) {
      const number = isText && typeof value === 'string' ? decimalOf(value) : decimalIn(value);
      if (number === undefined) throw new ValueFault('not-a-number', 'not a number');
      const changed = change(number);
      if (changed === number) return value;
      const text = textOfDecimal(changed);
      return isText ? text : exactNumber(text);
    },
  };
}

function canBeNumber(schema: JsonSchema, type: string): boolean {
  const types = [schema['type']].flat();
  return type === 'json' || types.includes('number') || types.includes('integer');
}

/** A number of the config; texts for those with more digits than a JavaScript number holds. Tells what is none. */
export function boundOf(given: number | string | undefined, at: string, field: Field): Decimal | undefined {
  if (given === undefined) return undefined;
  const number = decimalOf(String(given));
  if (number === undefined) field.problem('must be a number', at);
  return number;
}

/** True for a number that JSON can hold. */
export function isNumber(value: Json | undefined): boolean {
  return decimalIn(value) !== undefined;
}
