import { Ajv } from 'ajv';
import { sliceAsJsonSchema } from '../../../scripts/github/schemas.mjs';
import type { Answer } from './answer.ts';

const { operations, ...definitions } = sliceAsJsonSchema();

/** `discriminator` and the formats are for other readers. */
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(definitions);

/** What an answer has that GitHub's description does not allow; empty for one that GitHub could have given. */
export function dishonesty({ status, body, operation }: Answer): readonly string[] {
  const schema = operation === undefined ? { $ref: 'github#/definitions/basic-error' } : operations[operation];
  if (schema === undefined) return [`the description lacks ${operation}`];
  // The body of 451 and of 301 are other ones, which the description gives no shape.
  if (operation === undefined && (status === 451 || status === 301)) return [];
  const validate = compiled(operation ?? 'error', schema as object);
  if (validate(body)) return [];
  return (validate.errors ?? [])
    .slice(0, 5)
    .map(({ instancePath, message }) => `${operation ?? status} ${instancePath} ${message}`);
}

const known = new Map<string, ReturnType<Ajv['compile']>>();

function compiled(name: string, schema: object): ReturnType<Ajv['compile']> {
  const validate = known.get(name) ?? ajv.compile(schema);
  known.set(name, validate);
  return validate;
}
