import { qualified } from '../../clients/postgres/quote.ts';
import type { JsonObject, JsonSchema, ReadRequest, Stream } from '../../singer/tap/index.ts';
import type { TableFacts } from './discover/facts.ts';
import type { ColumnPlan, TableColumn, TableKind } from './model.ts';
import { readFullTable, whyNoResume } from './full-table/read.ts';
import { readIncremental } from './incremental/read.ts';
import { filtersOf, isPart } from './limits/filters.ts';
import { firstOf } from './limits/first.ts';
import { type Reading, wayOf } from './reading.ts';
import { replicationKeys } from './replication-keys.ts';
import type { Sessions } from './session.ts';
import type { PostgresConfig } from './settings.ts';
import { planColumn } from './types/column-plan.ts';
import type { TypeOptions } from './types/options.ts';
import { XMIN } from './xmin/bookmark.ts';
import { readXminKey } from './xmin/read.ts';

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
  /** All that is needed to read it. */
  reading(request: ReadRequest): Reading;
}

/** The stream of a table. */
export function tableStream(table: TableFacts, id: string, shared: Shared): PostgresStream {
  const plans = new Map<string, ColumnPlan>();
  const properties: Record<string, JsonSchema> = {};
  const propertyMetadata: Record<string, JsonObject> = {};
  for (const column of table.columns) {
    const { plan, omitted } = planColumn(column, shared.types);
    if (omitted === undefined) plans.set(column.name, plan);
    properties[column.name] = plan.schema;
    propertyMetadata[column.name] = columnMetadata(column, omitted);
  }
  const readingOf = (request: ReadRequest): Reading => {
    const columns = request.columns.map((name) => plans.get(name)!);
    const config = shared.configOf(id);
    const named = { sql: qualified(table.schema, table.name), table, columns: table.columns };
    const relation = { ...named, filters: filtersOf(config, id, table.columns, request.replicationKey) };
    return { table, relation, id, columns, request, sessions: shared.sessions, config };
  };
  const validReplicationKeys = replicationKeys(table);
  const virtualReplicationKeys = WITH_XMIN.has(table.kind) ? [XMIN] : [];
  return {
    id,
    schema: { type: 'object', properties, ...(table.comment === undefined ? {} : { description: table.comment }) },
    keys: table.keys.every((key) => plans.has(key)) ? table.keys : [],
    methods: methodsOf([...validReplicationKeys, ...virtualReplicationKeys], shared.configOf(id)),
    validReplicationKeys,
    virtualReplicationKeys,
    ...replicationKeyOf(shared.configOf(id)),
    // singer-io's tap reads many databases.
    formerIds: [`${shared.database}-${table.schema}-${table.name}`],
    seesAll: () => !isPart(shared.configOf(id)),
    metadata: tableMetadata(table, shared.database),
    propertyMetadata,
    reading: readingOf,
    cannotResume: (request) => whyNoResume(readingOf(request)),
    read: (request) => {
      const reading = readingOf(request);
      const { max_record_count } = reading.config;
      switch (wayOf(reading)) {
        case 'xmin':
          return readXminKey(reading);
        case 'incremental':
          return readIncremental(reading);
        default:
          // Of a window all is read, whatever the bookmark says, and the bookmark stays.
          return firstOf(max_record_count, readFullTable(reading));
      }
    },
  };
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
function methodsOf(keys: readonly string[], config: PostgresConfig): Stream['methods'] {
  if (keys.length === 0) return ['FULL_TABLE'];
  return config.default_replication_method === 'INCREMENTAL' ? ['INCREMENTAL', 'FULL_TABLE'] : ['FULL_TABLE', 'INCREMENTAL'];
}

function replicationKeyOf({ replication_key: replicationKey }: PostgresConfig): { readonly replicationKey?: string } {
  return replicationKey === undefined ? {} : { replicationKey };
}

function tableMetadata(table: TableFacts, database: string): JsonObject {
  const isView = table.kind === 'view' || table.kind === 'materialized view';
  return {
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
