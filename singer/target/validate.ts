import { createRequire } from 'node:module';
import type { Ajv, ValidateFunction } from 'ajv';
import { draftSeven } from './draft-seven.ts';
import { InputError } from '../errors.ts';
import type { JsonSchema } from '../json.ts';

/** What a value breaks: never the value itself. */
export interface Violation {
  /** JSON pointer into the record, empty for the record itself; `*` stands for a name that the schema does not have. */
  readonly path: string;
  /** The schema keyword: `type`, `required`, `maxLength`. */
  readonly rule: string;
  readonly message: string;
}

/** Gives the first violation of a record, undefined if it is valid. */
export type Validate = (record: unknown) => Violation | undefined;

/**
 * Makes compilers of schemas as strangers write them: any draft, unknown keywords and formats let pass. Only formats
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
    let names: ReadonlySet<string> | undefined;
    return (record) => {
      check ??= compile((ajv ??= createAjv()), schema, stream);
      if (check(record)) return undefined;
      const first = check.errors![0]!;
      const missing = first.keyword === 'required' ? `/${String(first.params['missingProperty'])}` : '';
      return {
        path: known(first.instancePath, record, (names ??= namesIn(schema))) + missing,
        rule: first.keyword,
        message: first.message ?? first.keyword,
      };
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
  const { additionalProperties: _, ...root } = draftSeven(schema) as Record<string, unknown>;
  try {
    return ajv.compile(root);
  } catch (cause) {
    const path = ajv.validateSchema(root) === true ? undefined : ajv.errors?.[0]?.instancePath;
    throw new InputError(`The schema of ${stream ?? 'a stream'} cannot be understood${path ? `, at ${path}` : ''}`, {
      code: 'schema-invalid',
      facts: { stream, ...(path ? { path } : {}) },
      cause,
      hint: 'Mend the schema in the tap or its catalog, or set validate_records to false.',
    });
  }
}

/** The names of all properties in a schema, at whatever depth. */
function namesIn(schema: JsonSchema): Set<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [keyword, below] of Object.entries(node)) {
      if (keyword === 'properties' && typeof below === 'object' && below !== null) for (const name in below) names.add(name);
      visit(below);
    }
  };
  visit(schema);
  return names;
}

/** The pointer with `*` for each member that no schema names: where an object is a map, its names are data. */
function known(pointer: string, record: unknown, names: ReadonlySet<string>): string {
  let value = record;
  return pointer.replaceAll(/\/([^/]*)/g, (step, escaped: string) => {
    const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    const isNamed = Array.isArray(value) || names.has(name);
    value = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    return isNamed ? step : '/*';
  });
}

const DATE = String.raw`\d{4,7}-\d\d-\d\d`;
const TIME = String.raw`\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?`;
const ZONE = String.raw`\s*(?:[zZ]|[-+]\d\d(?::?\d\d)?)`;

/** Years before Christ and infinities too, as Postgres writes them: no format has these, and some taps have no other word. */
const DATE_TIME = new RegExp(`^(?:[-+]?${DATE}(?:[tT ]${TIME}(?:${ZONE})?)?(?: BC)?|-?infinity)$`);
/** What Python writes of a Decimal, NaN and infinities included. */
const DECIMAL = /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|NaN|-?Infinity)$/;

/** Formats that decide a column's type. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': DATE_TIME,
  date: DATE_TIME,
  time: new RegExp(`^${TIME}(?:${ZONE})?$`),
  uuid: /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i,
  'singer.decimal': DECIMAL,
  'x-singer.decimal': DECIMAL,
};
