import type { JsonSchema } from '../singer/index.ts';
import { createValidator, type Validate } from '../singer/mapper/index.ts';

/** A validator that is compiled now rather than at the first record. Undefined for what is no schema, which is told to `problem`. */
export function validatorOf(schema: JsonSchema, problem: (message: string) => void): Validate | undefined {
  const validate = createValidator()(schema);
  try {
    validate({});
    return validate;
  } catch {
    problem('is no JSON schema that can be understood');
    return undefined;
  }
}
