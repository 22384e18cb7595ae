import { createRequire } from 'node:module';
import type { Ajv, ValidateFunction } from 'ajv';
import { InputError } from '../errors.ts';
import type { JsonSchema } from '../json.ts';

/** What a value breaks: never the value itself. */
export interface Violation {
  /** JSON pointer into the record; empty for the record itself. */
  readonly path: string;
  /** The schema keyword: `type`, `required`, `maxLength`. */
  readonly rule: string;
  readonly message: string;
}

/** Gives the first violation of a record, undefined if it is valid. */
export type Validate = (record: unknown) => Violation | undefined;

/**
 * Makes compilers of schemas as strangers write them: draft 4 to 7, unknown keywords and formats let pass. Only formats
 * that decide a column's type are checked, and leniently where a destination can still read the value (a date-time without
 * a zone); `multipleOf` is left out because floating point cannot check it exactly.
 *
 * The library is loaded and a schema compiled at the first record that needs it: the fast lane has checks of its own.
 * A check throws InputError `schema-invalid` for a schema that cannot be understood.
 */
export function createValidator(): (schema: JsonSchema, stream?: string) => Validate {
  let ajv: Ajv | undefined;
  return (schema, stream) => {
    let check: ValidateFunction | undefined;
    return (record) => {
      check ??= compile((ajv ??= createAjv()), schema, stream);
      if (check(record)) return undefined;
      const first = check.errors![0]!;
      const missing = first.keyword === 'required' ? `/${String(first.params['missingProperty'])}` : '';
      return { path: first.instancePath + missing, rule: first.keyword, message: first.message ?? first.keyword };
    };
  };
}

function createAjv(): Ajv {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const ajv = new Ajv({
    strict: false,
    // A missing member named `constructor` is missing, whatever objects inherit.
    ownProperties: true,
    allErrors: false,
    validateSchema: false,
    unicodeRegExp: false,
    logger: false,
    addUsedSchema: false,
  });
  for (const [name, pattern] of Object.entries(FORMATS)) ajv.addFormat(name, pattern);
  return ajv;
}

function compile(ajv: Ajv, schema: JsonSchema, stream: string | undefined): ValidateFunction {
  // Fields that the schema does not name are ignored with a warning, not refused (rows with extra fields are common).
  const { additionalProperties: _, ...root } = modern(schema) as Record<string, unknown>;
  try {
    return ajv.compile(root);
  } catch (cause) {
    throw new InputError(`The schema of ${stream ?? 'a stream'} cannot be understood`, {
      code: 'schema-invalid',
      facts: { stream },
      cause,
      hint: 'Mend the schema in the tap or its catalog, or set validate_records to false.',
    });
  }
}

const DATE = String.raw`\d{4,6}-\d\d-\d\d`;
const TIME = String.raw`\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?`;
const ZONE = String.raw`\s*(?:[zZ]|[-+]\d\d(?::?\d\d)?)`;

/** Formats that decide a column's type. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': new RegExp(`^[-+]?${DATE}(?:[tT ]${TIME}(?:${ZONE})?)?$`),
  date: new RegExp(`^[-+]?${DATE}(?:[tT ]${TIME}(?:${ZONE})?)?$`),
  time: new RegExp(`^${TIME}(?:${ZONE})?$`),
  uuid: /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i,
  'singer.decimal': /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/,
  'x-singer.decimal': /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/,
};

/** A draft-4 schema in draft-7 words; keywords that cannot be checked are left out. */
function modern(node: unknown, inProperties = false): unknown {
  if (Array.isArray(node)) return node.map((item) => modern(item));
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (inProperties) out[keyword] = modern(value);
    else if (keyword === 'enum' || keyword === 'const' || keyword === 'default' || keyword === 'examples') out[keyword] = value;
    else if (keyword === '$schema' || keyword === 'id' || keyword === '$id' || keyword === 'multipleOf') continue;
    else if (keyword === 'required' && !Array.isArray(value)) continue;
    else if (keyword === 'pattern' && !isPattern(value)) continue;
    else if ((keyword === 'exclusiveMinimum' || keyword === 'exclusiveMaximum') && typeof value === 'boolean') {
      const bound = keyword === 'exclusiveMinimum' ? 'minimum' : 'maximum';
      if (value && schema[bound] !== undefined) out[keyword] = schema[bound];
    } else
      out[keyword] = modern(
        value,
        keyword === 'properties' || keyword === 'patternProperties' || keyword === 'definitions' || keyword === '$defs',
      );
  }
  return out;
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value) instanceof RegExp;
  } catch {
    // A pattern in another language's syntax cannot be checked here.
    return false;
  }
}
