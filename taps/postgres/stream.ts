import { qualified } from '../../clients/postgres/quote.ts';
import type { JsonObject, JsonSchema, ReadRequest, Stream } from '../../singer/tap/index.ts';
import type { TableFacts } from './discover/facts.ts';
import type { ColumnPlan, Table, TableColumn, TableKind } from './model.ts';
import { filtersOf, isPart } from './limits/filters.ts';
import type { Reading } from './reading.ts';
import type { DescribedQuery } from './queries/describe.ts';
import type { Relation } from './relation.ts';
import { replicationKeys } from './replication-keys.ts';
import type { Sessions } from './session.ts';
import type { PostgresConfig } from './settings.ts';
import { planColumn } from './types/column-plan.ts';
import type { TypeOptions } from './types/options.ts';
import { XMIN } from './xmin/bookmark.ts';

/** What the streams of one run share. */
export interface Shared {
  readonly config: PostgresConfig;
  /** The config with what `stream_options` says of a stream. */
  readonly configOf: (stream: string) => PostgresConfig;
  readonly types: TypeOptions;
  readonly sessions: Sessions;
  readonly database: string;
}

/** Kinds of tables whose rows tell who wrote them. */
const WITH_XMIN: ReadonlySet<TableKind> = new Set(['table', 'partitioned table', 'materialized view']);

/** A stream of this tap. */
export interface PostgresStream extends Stream {
  readonly relation: Pick<Relation, 'sql' | 'table'>;
  /** All that is needed to read it. */
  reading(request: ReadRequest): Reading;
}

/** What a stream is made of. */
interface Source {
  /** What stands behind FROM. */
  readonly sql: string;
  /** Undefined for a query. */
  readonly table: Table | undefined;
  readonly columns: readonly TableColumn[];
  readonly comment?: string;
  readonly keys: readonly string[];
  readonly validReplicationKeys: readonly string[];
  readonly virtualReplicationKeys: readonly string[];
  /** By which it is read INCREMENTAL where nobody says otherwise. */
  readonly replicationKey?: string | undefined;
  readonly formerIds: readonly string[];
  readonly metadata: JsonObject;
}

/** The stream of a table. */
export function tableStream(table: TableFacts, id: string, shared: Shared): PostgresStream {
  return streamOf(id, shared, {
    sql: qualified(table.schema, table.name),
    table,
    columns: table.columns,
    ...(table.comment === undefined ? {} : { comment: table.comment }),
    keys: table.keys,
    validReplicationKeys: replicationKeys(table),
    virtualReplicationKeys: WITH_XMIN.has(table.kind) ? [XMIN] : [],
    // singer-io's tap reads many databases.
    formerIds: [`${shared.database}-${table.schema}-${table.name}`],
    metadata: tableMetadata(table, shared.database),
  });
}

/** The stream of a query. */
export function queryStream(query: DescribedQuery, shared: Shared): PostgresStream {
  return streamOf(query.name, shared, {
    ...query,
    table: undefined,
    validReplicationKeys: query.orderable,
    virtualReplicationKeys: [],
    formerIds: [],
    metadata: { 'database-name': shared.database, 'table-type': 'query' },
  });
}

function streamOf(id: string, shared: Shared, source: Source): PostgresStream {
  const { sql, table, comment, validReplicationKeys, virtualReplicationKeys, formerIds, metadata } = source;
  const plans = new Map<string, ColumnPlan>();
  // Maps, because a column may be called `__proto__`.
  const properties = new Map<string, JsonSchema>();
  const propertyMetadata = new Map<string, JsonObject>();
  for (const column of source.columns) {
    const { plan, omitted } = planColumn(column, shared.types);
    if (omitted === undefined) plans.set(column.name, plan);
    properties.set(column.name, plan.schema);
    propertyMetadata.set(column.name, columnMetadata(column, omitted));
  }
  const readingOf = (request: ReadRequest): Reading => {
    const columns = request.columns.map((name) => plans.get(name)!);
    const config = shared.configOf(id);
    const filters = filtersOf(config, id, source.columns, request.replicationKey);
    const relation = { sql, table, columns: source.columns, filters };
    return { relation, id, columns, request, sessions: shared.sessions, config };
  };
  const replicationKey = source.replicationKey ?? shared.configOf(id).replication_key;
  return {
    id,
    relation: source,
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(comment === undefined ? {} : { description: comment }),
    },
    keys: source.keys.every((key) => plans.has(key)) ? source.keys : [],
    methods: methodsOf(
      [...validReplicationKeys, ...virtualReplicationKeys],
      source.replicationKey === undefined ? shared.configOf(id).default_replication_method : 'INCREMENTAL',
    ),
    validReplicationKeys,
    virtualReplicationKeys,
    ...(replicationKey === undefined ? {} : { replicationKey }),
    formerIds,
    onSchemaChange: shared.configOf(id).on_schema_change,
    seesAll: () => !isPart(shared.configOf(id)),
    metadata,
    propertyMetadata: Object.fromEntries(propertyMetadata),
    reading: readingOf,
    cannotResume: async (request) => (await loadReaders()).whyNoResume(readingOf(request)),
    async *read(request) {
      yield* (await loadReaders()).read(readingOf(request));
    },
  };
}

/** Loads what reads rows, at the first call. */
export function loadReaders(): Promise<typeof import('./read.ts')> {
  return import('./read.ts');
}

/**
 * The same stream, made anew whenever something is asked of it, but for the last one that was: of thousands of tables few are read, and
 * discovery is done with each at once.
 */
export function lazily(id: string, make: () => PostgresStream, last: { id?: string; stream?: PostgresStream }): PostgresStream {
  const made = (): PostgresStream => {
    if (last.id !== id || last.stream === undefined) {
      last.stream = make();
      last.id = id;
    }
    return last.stream;
  };
  return {
    id,
    get relation() {
      return made().relation;
    },
    get schema() {
      return made().schema;
    },
    get keys() {
      return made().keys;
    },
    get methods() {
      return made().methods;
    },
    get replicationKey() {
      return made().replicationKey!;
    },
    get validReplicationKeys() {
      return made().validReplicationKeys!;
    },
    get virtualReplicationKeys() {
      return made().virtualReplicationKeys!;
    },
    get formerIds() {
      return made().formerIds!;
    },
    get onSchemaChange() {
      return made().onSchemaChange!;
    },
    seesAll: () => made().seesAll!(),
    cannotResume: (request) => made().cannotResume!(request),
    get metadata() {
      return made().metadata!;
    },
    get propertyMetadata() {
      return made().propertyMetadata!;
    },
    reading: (request) => made().reading(request),
    read: (request) => made().read(request),
  };
}

/** The first one is the default. */
function methodsOf(keys: readonly string[], method: PostgresConfig['default_replication_method']): Stream['methods'] {
  if (keys.length === 0) return ['FULL_TABLE'];
  return method === 'INCREMENTAL' ? ['INCREMENTAL', 'FULL_TABLE'] : ['FULL_TABLE', 'INCREMENTAL'];
}

function tableMetadata(table: TableFacts, database: string): JsonObject {
  const isView = table.kind === 'view' || table.kind === 'materialized view';
  const isReadable = table.columns.length === 0 || table.columns.some(({ readable }) => readable);
  return {
    // Chosen by name, it ends a run with the GRANT that is missing.
    ...(isReadable ? {} : { 'selected-by-default': false, 'unsupported-reason': 'the role may not SELECT it' }),
    'database-name': database,
    'schema-name': table.schema,
    'table-name': table.name,
    'table-type': table.kind,
    'is-view': isView,
    'row-count': Math.round(table.rows),
    'estimated-bytes': table.bytes,
    ...(table.isPartition ? { 'is-partition': true } : {}),
    ...(table.rowSecurity ? { 'row-security': true } : {}),
    ...(isView ? {} : { 'replica-identity': table.replicaIdentity }),
    ...(table.publications.length === 0 ? {} : { publications: table.publications }),
  };
}

function columnMetadata(column: TableColumn, omitted: string | undefined): JsonObject {
  const { type } = column;
  return {
    'sql-datatype': type.text,
    ...(omitted === undefined ? {} : { inclusion: 'unsupported', 'unsupported-reason': omitted }),
    ...(type.domain === undefined ? {} : { domain: type.domain }),
    ...(column.generated === true ? { 'is-generated': true } : {}),
    ...(column.identity === true ? { 'is-identity': true } : {}),
    ...(column.hasDefault === true ? { 'has-default': true } : {}),
  };
}
