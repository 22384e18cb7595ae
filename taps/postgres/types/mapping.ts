import type { JsonSchema } from '../../../singer/tap/index.ts';
import type { PgType, Wire } from '../model.ts';
import type { TypeOptions } from './options.ts';

/** How the values of a type are read. */
export interface Mapping {
  /** Without null, which the column adds where it may be. */
  readonly schema: JsonSchema;
  readonly wire: Wire;
  /** What is read instead of the value itself: SQL for the SQL of a value. */
  readonly expression?: (value: string) => string;
  /** How it is read inside of arrays, composites and ranges, where there is no expression. Absent: in the same way. */
  readonly inside?: Mapping;
  /** Type to which an array of these is cast, so that its elements are read as `wire` says. */
  readonly arrayOf?: string;
  /** Why values of the type are left out. */
  readonly omitted?: string;
}

export type Mapper = (type: PgType, options: TypeOptions) => Mapping;

export const TEXT: Mapping = { schema: { type: 'string' }, wire: { kind: 'text' } };

/** The schema that allows null as well. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type } = schema as { readonly type?: string | readonly string[] };
  const types = typeof type === 'string' ? [type] : (type ?? []);
  const allowed = types.includes('null') ? types : ['null', ...types];
  const { enum: labels } = schema as { readonly enum?: readonly unknown[] };
  return { ...schema, type: allowed, ...(labels !== undefined && { enum: [...labels, null] }) };
}
