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
  const { stream, source, schema, select } = sides;
  const named = propertiesOf(schema);
  const gone = [...named.keys()].filter((name) => !source.has(name));
  const kept = withoutProperties(schema, gone);
  const settled = { schema: kept, selection: select(kept) };
  const changes: Changes = {
    gone,
    changed: changedIn(sides, named),
    came: [...source.keys()].filter((name) => !named.has(name)),
    hidden: hiddenIn(sides, named),
  };
  if (stream.onSchemaChange !== 'fail') return evolved(sides, named, settled, changes);
  reportAll(sides, settled.selection, changes);
  return settled;
}

/** Names of properties. */
interface Changes {
  readonly gone: readonly string[];
  readonly changed: readonly string[];
  readonly came: readonly string[];
  /** Those that can no longer be read. */
  readonly hidden: readonly string[];
}

function reportAll({ metadata, report }: Sides, { columns }: Selection, { gone, changed, came, hidden }: Changes): void {
  const isChosen = (name: string): boolean => metadata.get(propertyKey(name))?.['selected'] !== false;
  const all: readonly (readonly [words: string, names: readonly string[]])[] = [
    ['were dropped', gone.filter(isChosen)],
    ['were given another type', changed.filter((name) => columns.has(name))],
    ['were added', came],
    ['became unreadable', hidden],
  ];
  for (const [words, names] of all)
    if (names.length > 0) report(`properties ${words} after the catalog was discovered: ${names.join(', ')}`);
}

/** Takes what can be taken, if the stream evolves; tells of all. */
function evolved(sides: Sides, named: Properties, settled: Settled, { gone, changed, came, hidden }: Changes): Settled {
  const { stream, source, select, log } = sides;
  const tell = (level: 'info' | 'warn', message: string, properties: readonly string[]): void => {
    if (properties.length > 0) log[level](message, { stream: stream.id, properties });
  };
  const evolves = stream.onSchemaChange === 'evolve';
  // Who leaves out a part of a value has not chosen parts that came.
  const isWhole = (name: string): boolean => settled.selection.columns.get(name) === undefined;
  const wider = evolves ? changed.filter(isWhole) : [];
  const added = evolves && takesAll(sides, named, settled.selection) ? came : [];
  tell('warn', 'Properties of the catalog that the source does not have are left out', gone);
  tell('warn', 'Properties that cannot be read any more are left out', hidden);
  tell('info', 'Properties whose type was changed after the catalog was discovered are announced as they are now', wider);
  tell('info', 'Properties that were added after the catalog was discovered are read, because it leaves none out', added);
  const left = came.filter((name) => !added.includes(name));
  tell('warn', 'Properties that the catalog does not name are left out: discover anew to have them', left);
  if (wider.length + added.length === 0) return settled;
  const schema = withProperties(settled.schema, [...wider, ...added], source);
  return { schema, selection: select(schema) };
}

/** Those that could be read when the catalog was discovered, and that it does not leave out. */
function hiddenIn({ own, metadata }: Sides, named: Properties): readonly string[] {
  return [...named.keys()].filter((name) => {
    const [is, was] = [own, metadata].map((side) => side.get(propertyKey(name)));
    const couldBe = was?.['inclusion'] === 'available' || was?.['inclusion'] === 'automatic';
    return is?.['inclusion'] === 'unsupported' && couldBe && was['selected'] !== false;
  });
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
