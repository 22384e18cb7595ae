import type { JsonSchema } from '../json.ts';
import type { Log } from '../log.ts';
import type { Stream } from './source.ts';
import { hasChanged, PROPERTY_COUNT } from './schema-change.ts';
import { cutSchema, propertiesOf } from './schema-tree.ts';
import { breadcrumbKey, type MetadataMap, type Selection } from './selection.ts';

type Properties = ReadonlyMap<string, JsonSchema>;

/** What a catalog says of a stream, and what its source does. */
interface Sides {
  readonly stream: Stream;
  /** The source's metadata. */
  readonly own: MetadataMap;
  /** The source's properties. */
  readonly source: Properties;
  /** The catalog's schema and metadata. */
  readonly schema: JsonSchema;
  readonly metadata: MetadataMap;
  readonly select: (schema: JsonSchema) => Selection;
  readonly report: (message: string) => void;
  readonly log: Log;
}

interface Settled {
  /** Of all properties that may be selected. */
  readonly schema: JsonSchema;
  readonly selection: Selection;
}

/** The catalog's schema with what the source has changed since it was discovered, as the stream's `onSchemaChange` says. Reports what must not be. */
export function settleSchema(sides: Sides): Settled {
  const { stream, source, schema, metadata, select, report, log } = sides;
  const named = propertiesOf(schema);
  const gone = [...named.keys()].filter((name) => !source.has(name));
  const changed = changedIn(sides, named);
  const came = [...source.keys()].filter((name) => !named.has(name));
  const kept = withProperties(withoutProperties(schema, gone), stream.onSchemaChange === 'evolve' ? changed : [], source);
  const settled = { schema: kept, selection: select(kept) };
  if (stream.onSchemaChange === 'fail') {
    const isChosen = (name: string): boolean => metadata.get(propertyKey(name))?.['selected'] !== false;
    const { columns } = settled.selection;
    for (const [words, names] of [
      ['were dropped', gone.filter(isChosen)],
      ['were given another type', changed.filter((name) => columns.has(name))],
      ['were added', came],
    ] as const)
      if (names.length > 0) report(`properties ${words} after the catalog was discovered: ${names.join(', ')}`);
    return settled;
  }
  const tell = (level: 'info' | 'warn', message: string, properties: readonly string[]): void => {
    if (properties.length > 0) log[level](message, { stream: stream.id, properties });
  };
  tell('warn', 'Properties of the catalog that the source does not have are left out', gone);
  if (stream.onSchemaChange === 'evolve')
    tell('info', 'Properties whose type was changed after the catalog was discovered are announced as they are now', changed);
  if (stream.onSchemaChange !== 'evolve' || !takesAll(sides, named, settled.selection)) {
    tell('warn', 'Properties that the catalog does not name are left out: discover anew to have them', came);
    return settled;
  }
  tell('info', 'Properties that were added after the catalog was discovered are read, because it leaves none out', came);
  const grown = withProperties(kept, came, source);
  return { schema: grown, selection: select(grown) };
}

function changedIn({ stream, own, source, metadata }: Sides, named: Properties): readonly string[] {
  if (stream.onSchemaChange === undefined) return [];
  const both = [...named].filter(([name]) => source.has(name));
  return both.flatMap(([name, schema]) => {
    const key = propertyKey(name);
    const is = { schema: source.get(name)!, metadata: own.get(key) };
    return hasChanged({ schema, metadata: metadata.get(key) }, is) ? [name] : [];
  });
}

/** True if the catalog names all that there was at its discovery, and selects all of it that is still there and can be read. */
function takesAll({ own, source, metadata }: Sides, named: Properties, { columns }: Selection): boolean {
  const count = metadata.get(breadcrumbKey([]))?.[PROPERTY_COUNT];
  if (typeof count !== 'number' || named.size < count) return false;
  const readable = [...named.keys()].filter(
    (name) => source.has(name) && own.get(propertyKey(name))?.['inclusion'] !== 'unsupported',
  );
  return readable.every((name) => columns.has(name) && columns.get(name) === undefined);
}

function propertyKey(name: string): string {
  return breadcrumbKey(['properties', name]);
}

function withoutProperties(schema: JsonSchema, names: readonly string[]): JsonSchema {
  if (names.length === 0) return schema;
  const kept = [...propertiesOf(schema).keys()].filter((name) => !names.includes(name));
  return cutSchema(schema, { fields: new Map(kept.map((name) => [name, undefined])) });
}

/** With these properties as the source has them; those that it lacked come last. */
function withProperties(schema: JsonSchema, names: readonly string[], source: Properties): JsonSchema {
  if (names.length === 0) return schema;
  const properties = Object.fromEntries([...propertiesOf(schema), ...names.map((name) => [name, source.get(name)!] as const)]);
  return { ...schema, properties };
}
