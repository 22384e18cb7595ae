import { type JsonSchema, stripExact } from '../singer/index.ts';
import { createValidator } from '../singer/mapper/index.ts';
import type { Assignment } from './assignment.ts';
import { mayBe, typeOfSchema } from './expression/types.ts';
import { ValueFault } from './fault.ts';
import { isNullable, nullable } from './schemas.ts';

/** The types that `set` can be told. */
export const SET_TYPES = {
  string: { type: ['string'] },
  integer: { type: ['integer'] },
  number: { type: ['number'] },
  boolean: { type: ['boolean'] },
  date: { type: ['string'], format: 'date' },
  datetime: { type: ['string'], format: 'date-time' },
  time: { type: ['string'], format: 'time' },
  uuid: { type: ['string'], format: 'uuid' },
  object: { type: ['object'] },
  array: { type: ['array'] },
} as const satisfies Record<string, JsonSchema>;

/** The assignment with the schema of a type. What it gives is checked: a value of another type throws ValueFault. `problem` is told if none can be of it. */
export function checkedType(made: Assignment, type: keyof typeof SET_TYPES, problem: (message: string) => void): Assignment {
  const inferred = typeOfSchema(made.schema);
  const bare: JsonSchema = SET_TYPES[type];
  if (!mayBe(inferred, typeOfSchema(bare).kinds)) problem('is a type that the expression never gives');
  const violation = createValidator()(bare);
  return {
    name: made.name,
    schema: isNullable(made.schema) ? nullable(bare) : bare,
    compute(record) {
      const value = made.compute(record);
      if ((value ?? null) === null || violation(stripExact(value!)) === undefined) return value;
      throw new ValueFault('wrong-type', `a value that is no ${type}`);
    },
  };
}
