import type { JsonSchema } from './json.ts';

/** The one vocabulary of logical types. Sources map into it, targets map out of it. */
export type LogicalType =
  | 'string'
  | 'integer'
  | 'number'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'time'
  | 'datetime'
  | 'duration'
  | 'uuid'
  | 'binary'
  | 'json'
  | 'object'
  | 'array'
  /** Only null was ever announced. */
  | 'null';

/** One top-level property of a stream, as a target sees it. */
export interface Column {
  readonly name: string;
  readonly type: LogicalType;
  readonly nullable: boolean;
  /** For decimals with a declared size. */
  readonly precision?: number;
  readonly scale?: number;
  /** How binary text is encoded. */
  readonly encoding?: 'base64' | 'base16';
  /** The type that the source gives the column, as `x-sql-datatype` says it: any text. */
  readonly sqlType?: string;
  /**
   * True when the schema asks no more of a value than its type and nullability (formats of date, time, datetime and uuid
   * are part of the type), so that a byte scanner which checks the type has validated the value.
   */
  readonly plain: boolean;
  /** The property's own schema. */
  readonly schema: JsonSchema;
}
