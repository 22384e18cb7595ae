import { columnOf, type JsonObject, type JsonSchema, type LogicalType } from '../../singer/index.ts';

const TEXTS: readonly LogicalType[] = ['string', 'date', 'time', 'datetime', 'duration', 'uuid', 'decimal', 'binary', 'json'];
const NUMBERS: readonly LogicalType[] = ['integer', 'number', 'decimal', 'json'];
const DATES: readonly LogicalType[] = ['date', 'datetime', 'string', 'json'];

/** The operations that stand for the types. */
export const operationNames = ['nullify', 'hash', 'generalize', 'redact', 'replace', 'mask'] as const;
type OperationName = (typeof operationNames)[number];

/** What a type of transform-field is here. */
export interface FieldType {
  /** The step, for a value of this schema and for the number at the end of the type's name. */
  step(schema: JsonSchema, n: number): OperationName | { readonly [name in OperationName]?: JsonObject };
  /** Types of columns that it is for; undefined: all. */
  readonly takes?: readonly LogicalType[];
}

/** By name, without the number at its end. */
const TYPES: Readonly<Record<string, FieldType>> = {
  'SET-NULL': { step: () => 'nullify' },
  HASH: { step: () => ({ hash: { unkeyed: true } }), takes: TEXTS },
  'HASH-SKIP-FIRST': { step: (_, n) => ({ hash: { unkeyed: true, keep_first: n } }), takes: TEXTS },
  'MASK-DATE': { step: () => ({ generalize: { date: 'year', as: 'start' } }), takes: DATES },
  'MASK-NUMBER': { step: (schema) => (isNumber(schema) ? 'redact' : { replace: { with: 0 } }), takes: NUMBERS },
  'MASK-HIDDEN': { step: () => ({ replace: { with: 'hidden' } }), takes: TEXTS },
  'MASK-STRING-SKIP-ENDS': { step: (_, n) => ({ mask: { keep_first: n, keep_last: n } }), takes: TEXTS },
};

const NUMBERED: ReadonlySet<string> = new Set(['HASH-SKIP-FIRST', 'MASK-STRING-SKIP-ENDS']);

/** The names, as users know them. */
export const typeNames: readonly string[] = Object.keys(TYPES).map((name) => (NUMBERED.has(name) ? `${name}-n` : name));

/** A type by its full name, `HASH-SKIP-FIRST-2`; undefined if there is none. */
export function fieldTypeOf(given: string): { readonly type: FieldType; readonly n: number } | undefined {
  const numbered = /^(.*)-([1-9])$/.exec(given);
  const name = numbered?.[1] ?? given;
  if (!Object.hasOwn(TYPES, name) || NUMBERED.has(name) !== (numbered !== null)) return undefined;
  return { type: TYPES[name]!, n: Number(numbered?.[2] ?? 0) };
}

function isNumber(schema: JsonSchema): boolean {
  return ['integer', 'number', 'decimal'].includes(columnOf('', schema).type);
}
