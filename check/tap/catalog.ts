import { must, mustSucceed, story } from '../expect.ts';
import type { Lab } from '../lab.ts';
import { isObject, messagesOf, parse, type Message, type Schema } from '../messages.ts';
import type { Ran } from '../process.ts';
import type { Config } from '../subject.ts';

export interface Catalog {
  readonly streams: readonly Entry[];
}

export interface Entry {
  readonly tap_stream_id: string;
  readonly stream: string;
  readonly schema: Schema;
  readonly key_properties?: readonly string[];
  readonly metadata?: readonly MetadataEntry[];
  readonly [legacy: string]: unknown;
}

export interface MetadataEntry {
  readonly breadcrumb: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

function isCatalog(value: unknown): value is Catalog {
  return isObject(value) && Array.isArray(value['streams']);
}

/** Discovers a source. */
export async function discover(lab: Lab, config: Config): Promise<Catalog> {
  const ran = await lab.run({ config, args: ['--discover'] });
  mustSucceed(ran, '--discover');
  const catalog = parse(ran.stdout.toString());
  must(isCatalog(catalog), `--discover prints no catalog: ${story(ran)}`);
  return catalog;
}

/** Reads a source by a catalog and gives the run with its messages; it must succeed. */
export async function sync(
  lab: Lab,
  config: Config,
  given: { readonly catalog?: Catalog; readonly state?: unknown; readonly args?: readonly string[] } = {},
): Promise<{ readonly ran: Ran; readonly messages: Message[] }> {
  const ran = await attempt(lab, config, given);
  mustSucceed(ran, 'the sync');
  return { ran, messages: messagesOf(ran) };
}

/** As `sync`, whatever comes of it. */
export async function attempt(
  lab: Lab,
  config: Config,
  given: { readonly catalog?: Catalog; readonly state?: unknown; readonly args?: readonly string[] } = {},
): Promise<Ran> {
  const args = [...(given.args ?? [])];
  if (given.catalog !== undefined) args.push('--catalog', await lab.file('catalog.json', JSON.stringify(given.catalog)));
  if (given.state !== undefined) args.push('--state', await lab.file('state.json', JSON.stringify(given.state)));
  return lab.run({ config, args, milliseconds: 60_000 });
}

/** Whether its owner gives a catalog to every run: such a tap may read nothing without one. */
export function needsCatalog(lab: Lab): boolean {
  return lab.subject.moreArgs?.([]).includes('--catalog') ?? false;
}

/** The metadata at a breadcrumb; empty when there is none. */
export function metadataAt(entry: Entry, breadcrumb: readonly string[]): Readonly<Record<string, unknown>> {
  const wanted = JSON.stringify(breadcrumb);
  return entry.metadata?.findLast((item) => JSON.stringify(item.breadcrumb) === wanted)?.metadata ?? {};
}

/** The catalog with more metadata laid over what stands at a breadcrumb of one stream. */
export function annotate(
  catalog: Catalog,
  id: string,
  breadcrumb: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Catalog {
  return change(catalog, id, (entry) => {
    const wanted = JSON.stringify(breadcrumb);
    const others = (entry.metadata ?? []).filter((item) => JSON.stringify(item.breadcrumb) !== wanted);
    return { ...entry, metadata: [...others, { breadcrumb, metadata: { ...metadataAt(entry, breadcrumb), ...more } }] };
  });
}

/** The catalog with one stream changed. */
export function change(catalog: Catalog, id: string, how: (entry: Entry) => Entry): Catalog {
  return { ...catalog, streams: catalog.streams.map((entry) => (entry.tap_stream_id === id ? how(entry) : entry)) };
}

/** The catalog with every stream but one deselected. */
export function only(catalog: Catalog, id: string): Catalog {
  return catalog.streams.reduce(
    (sum, entry) => annotate(sum, entry.tap_stream_id, [], { selected: entry.tap_stream_id === id }),
    catalog,
  );
}

/** Names of the top-level properties of a stream that are neither key nor replication key, nor bound by their inclusion. */
export function freeProperties(entry: Entry): string[] {
  return Object.keys(entry.schema.properties ?? {}).filter(
    (name) => !['automatic', 'unsupported'].includes(String(metadataAt(entry, ['properties', name])['inclusion'])),
  );
}

/** Every property with its breadcrumb, at every object depth and inside arrays of objects. */
export function breadcrumbs(
  schema: Schema,
  at: readonly string[] = [],
): { readonly path: readonly string[]; readonly schema: Schema }[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = [...at, 'properties', name];
    return [{ path, schema: child }, ...breadcrumbs(child, path)];
  });
  const items = schema.items?.properties === undefined ? [] : breadcrumbs(schema.items, [...at, 'items']);
  return [...own, ...items];
}

/** The last SCHEMA of a stream. Throws when there is none. */
export function schemaOf(messages: readonly Message[], stream: string): Message & { readonly schema: Schema } {
  const found = messages.findLast((message) => message.type === 'SCHEMA' && message.stream === stream);
  must(found?.schema !== undefined, `no SCHEMA came for ${stream}`);
  return { ...found, schema: found.schema };
}
