import { Ajv, type ValidateFunction } from 'ajv';
import { isObject, type Schema } from './messages.ts';

const DATE = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?`;
const ZONE = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;

/** RFC 3339: a time with its zone. */
export const DATE_TIME = new RegExp(`^${DATE}[Tt ]${TIME}${ZONE}$`, 'i');

/** Compiles schemas of taps, with the formats that matter on the wire. Unknown formats are no fault. */
export function schemaCompiler(): (schema: Schema) => ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: false, logger: false, multipleOfPrecision: 6 });
  ajv.addFormat('date-time', DATE_TIME);
  ajv.addFormat('date', new RegExp(`^${DATE}$`));
  ajv.addFormat('time', new RegExp(`^${TIME}${ZONE}?$`, 'i'));
  ajv.addFormat('uuid', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  return (schema) => ajv.compile(draft7(schema));
}

/**
 * The schema in the words of draft 7, which ajv knows: other drafts' names are left out, and draft 4's `exclusiveMaximum: true`
 * becomes a number.
 */
export function draft7<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === '$schema' && typeof value === 'string') return undefined;
    if (!isObject(value)) return value;
    const bounds = [
      ['exclusiveMaximum', 'maximum'],
      ['exclusiveMinimum', 'minimum'],
    ] as const;
    const changed: Record<string, unknown> = { ...value };
    for (const [exclusive, bound] of bounds) {
      if (typeof changed[exclusive] !== 'boolean') continue;
      if (changed[exclusive] && typeof changed[bound] === 'number') changed[exclusive] = changed[bound];
      else delete changed[exclusive];
    }
    return changed;
  }) as T;
}
