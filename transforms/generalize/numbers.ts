import { columnOf, ExactNumber, type Json, type JsonSchema } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import type { Field, Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

/** A number, or a text that is one. Throws ValueFault for anything else. */
export function numberOf(value: Json | undefined): number {
  const number = typeof value === 'string' && /^\s*[-+]?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : onlyNumber(value);
  if (number !== undefined && Number.isFinite(number)) return number;
  throw new ValueFault('not-a-number', 'is no number');
}

function onlyNumber(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : value instanceof ExactNumber ? Number(value.text) : undefined;
}

/** Without the noise of binary fractions: 0.30000000000000004 is 0.3. */
export function clean(number: number): number {
  return Number(number.toPrecision(15));
}

export function isWholeNumber(schema: JsonSchema): boolean {
  return columnOf('', schema).type === 'integer';
}

/** To the nearest multiple. */
export function roundStep(to: number, field: Field): Step {
  if (to <= 0) field.problem('must be more than 0', 'round');
  return {
    schema: schemaLike(field.schema, Number.isInteger(to) ? 'integer' : 'number'),
    apply: (value) => clean(Math.round(strictly(value) / to) * to) + 0,
  };
}

/** No more than `top`. What is below stays exact. */
export function topStep(top: number, { schema }: Field): Step {
  return {
    schema: schemaLike(schema, isWholeNumber(schema) && Number.isInteger(top) ? 'integer' : 'number'),
    apply: (value) => (strictly(value) > top ? top : value),
  };
}

/** The result is a number: so must the value be. Throws ValueFault. */
function strictly(value: Json | undefined): number {
  const number = onlyNumber(value);
  if (number !== undefined && Number.isFinite(number)) return number;
  throw new ValueFault('not-a-number', 'is no number: the operation `number` makes one of a text');
}
