/** The parts of BigQuery's REST resources that we read and write: https://cloud.google.com/bigquery/docs/reference/rest/v2 */
import type { ApiError } from '../google/api-error.ts';

/** A column, or a member of one. The API answers with old names of types (INTEGER); see `typeName` of the target. */
export interface FieldResource {
  readonly name: string;
  readonly type: string;
  readonly mode?: string;
  readonly description?: string;
  /** Numbers as text. */
  readonly precision?: string;
  readonly scale?: string;
  readonly maxLength?: string;
  readonly fields?: readonly FieldResource[];
}

export interface TableReference {
  readonly projectId: string;
  readonly datasetId: string;
  readonly tableId: string;
}

export interface TableResource {
  /** Milliseconds since 1970 as text: when rows or columns were last changed. */
  readonly lastModifiedTime?: string;
  readonly etag?: string;
  readonly type?: string;
  readonly tableReference?: TableReference;
  readonly description?: string;
  readonly schema?: { readonly fields?: readonly FieldResource[] };
  readonly view?: { readonly query?: string; readonly useLegacySql?: boolean };
  readonly labels?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 as text. */
  readonly expirationTime?: string;
  readonly numRows?: string;
  /** Milliseconds since 1970 as text. */
  readonly creationTime?: string;
  readonly rangePartitioning?: {
    readonly field?: string;
    readonly range?: { readonly start: string; readonly end: string; readonly interval: string };
  };
  readonly requirePartitionFilter?: boolean;
  readonly encryptionConfiguration?: { readonly kmsKeyName?: string };
  readonly timePartitioning?: { readonly type?: string; readonly field?: string; readonly expirationMs?: string };
  readonly clustering?: { readonly fields?: readonly string[] };
}

export interface DatasetResource {
  readonly location?: string;
}

export interface JobReference {
  readonly projectId: string;
  readonly jobId: string;
  readonly location?: string;
}

export interface JobResource {
  readonly jobReference: JobReference;
  readonly configuration?: JobConfiguration;
  readonly status?: {
    readonly state?: 'PENDING' | 'RUNNING' | 'DONE';
    readonly errorResult?: ApiError;
    readonly errors?: readonly ApiError[];
  };
  readonly statistics?: {
    readonly totalBytesProcessed?: string;
    /** Milliseconds since 1970 as text. */
    readonly creationTime?: string;
    readonly endTime?: string;
    readonly load?: { readonly outputRows?: string; readonly badRecords?: string };
    readonly query?: {
      readonly totalBytesBilled?: string;
      readonly numDmlAffectedRows?: string;
      readonly dmlStats?: {
        readonly insertedRowCount?: string;
        readonly updatedRowCount?: string;
        readonly deletedRowCount?: string;
      };
    };
  };
}

export interface JobConfiguration {
  /** Nothing is done; what would be is told. */
  readonly dryRun?: true;
  readonly labels?: Readonly<Record<string, string>>;
  readonly load?: LoadConfiguration;
  readonly query?: QueryConfiguration;
}

export interface LoadConfiguration {
  readonly destinationTable: TableReference;
  /** Files in a bucket; none for one that comes with the job. */
  readonly sourceUris?: readonly string[];
  readonly sourceFormat: 'NEWLINE_DELIMITED_JSON';
  readonly schema?: { readonly fields: readonly FieldResource[] };
  readonly createDisposition: 'CREATE_NEVER';
  readonly writeDisposition: 'WRITE_APPEND' | 'WRITE_EMPTY' | 'WRITE_TRUNCATE_DATA';
  readonly maxBadRecords: 0;
  readonly ignoreUnknownValues: false;
}

export interface QueryConfiguration {
  readonly query: string;
  readonly useLegacySql: false;
  readonly priority: 'INTERACTIVE';
  /** As text. One that would read more fails before it begins, and costs nothing. */
  readonly maximumBytesBilled?: string;
  readonly parameterMode?: 'NAMED';
  readonly queryParameters?: readonly {
    readonly name: string;
    readonly parameterType: { readonly type: 'STRING' };
    readonly parameterValue: { readonly value: string };
  }[];
}
