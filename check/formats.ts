import { Ajv, type ValidateFunction } from 'ajv';
import type { Schema } from './messages.ts';

const DATE = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?`;
const ZONE = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;

/** RFC 3339: a time with its zone. */
export const DATE_TIME = new RegExp(`^${DATE}[Tt ]${TIME}${ZONE}$`, 'i');

/** Compiles schemas of taps, with the formats that matter on the wire. Unknown formats are no fault. */
export function schemaCompiler(): (schema: Schema) => ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: false, logger: false });
  ajv.addFormat('date-time', DATE_TIME);
  ajv.addFormat('date', new RegExp(`^${DATE}$`));
  ajv.addFormat('time', new RegExp(`^${TIME}${ZONE}?$`, 'i'));
  ajv.addFormat('uuid', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  return (schema) => ajv.compile(schema);
}
