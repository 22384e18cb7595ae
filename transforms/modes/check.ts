import {
  type Answer,
  type Ask,
  ConfigError,
  InputError,
  isJsonObject,
  type Json,
  type JsonObject,
  type Problem,
  type Run,
  stringifyExact,
} from '../../singer/index.ts';
import { loadRules } from '../config/index.ts';
import type { TransformConfig } from '../config/settings.ts';
import type { Route } from '../engine/route.ts';
import { propertiesOf } from '../engine/shape.ts';
import type { Shape } from '../rule.ts';
import { quietOptions } from '../engine/quiet.ts';
import { compiledRoute } from './compile.ts';

/** What comes out for one stream of the catalog. */
interface StreamReport {
  /** As it comes. */
  readonly stream: string;
  /** Streams that leave, with what each field of theirs shows of a person; empty if the stream is removed. */
  readonly out: readonly {
    readonly stream: string;
    readonly key_properties: readonly string[];
    readonly fields: readonly { readonly name: string; readonly type: string; readonly privacy: string }[];
    readonly schema: JsonObject;
  }[];
  readonly rules: boolean;
}

/**
 * `--check`: what is wrong with the rules and, for the streams of a catalog, the SCHEMAs that they would send. Reads no records, and no
 * catalog means that only what the settings alone tell is checked.
 */
export async function check(
  config: TransformConfig,
  run: Run,
  { catalog, format }: Pick<Ask, 'catalog' | 'format'>,
): Promise<Answer> {
  const rules = await loadRules(config, run);
  const options = quietOptions(rules);
  const problems: Problem[] = [];
  const streams: StreamReport[] = [];
  try {
    for (const { name, message } of streamsOf(catalog)) {
      try {
        streams.push(reportOf(name, compiledRoute(rules, options, name, message), message));
      } catch (error) {
        if (error instanceof ConfigError) problems.push(...error.problems);
        else if (error instanceof InputError) problems.push({ path: name, message: error.message });
        else throw error;
      }
    }
  } finally {
    await options.close();
  }
  if (catalog !== undefined) {
    const unmet = rules.layers.flatMap((layer) => layer.unmet());
    problems.push(...unmet.map(({ path, pattern }) => ({ path, message: `no stream of the catalog is called ${pattern}` })));
  }
  const report = { streams, problems };
  return {
    text: format === 'json' ? stringifyExact(asJson(report)) : textOf(report, catalog !== undefined),
    ok: problems.length === 0,
  };
}

/** The streams of a catalog as SCHEMA messages would announce them. Throws ConfigError for what is no catalog. */
function streamsOf(catalog: unknown): { name: string; message: JsonObject }[] {
  if (catalog === undefined) return [];
  const streams = isJsonObject(catalog) ? catalog['streams'] : undefined;
  if (!Array.isArray(streams)) throw new ConfigError([{ path: '--catalog', message: 'is no catalog: it has no streams' }]);
  return streams.filter(isJsonObject).map((entry) => {
    const name = [entry['stream_alias'], entry['stream'], entry['tap_stream_id']].find((text) => typeof text === 'string') ?? '';
    const keys = entry['key_properties'] ?? rootMetadata(entry)['table-key-properties'] ?? [];
    return { name, message: { type: 'SCHEMA', stream: name, schema: entry['schema'], key_properties: keys } };
  });
}

function rootMetadata(entry: JsonObject): JsonObject {
  const metadata = Array.isArray(entry['metadata']) ? entry['metadata'].filter(isJsonObject) : [];
  const root = metadata.find(({ breadcrumb }) => Array.isArray(breadcrumb) && breadcrumb.length === 0)?.['metadata'];
  return isJsonObject(root) ? root : {};
}

function reportOf(stream: string, route: Route | undefined, message: JsonObject): StreamReport {
  if (route === undefined) {
    const schema = isJsonObject(message['schema']) ? message['schema'] : {};
    const keys = Array.isArray(message['key_properties']) ? (message['key_properties'] as string[]) : [];
    return { stream, rules: false, out: [outOf({ stream, schema, keys, bookmarks: [], privacy: {} })] };
  }
  return { stream, rules: true, out: shapesOf(route).map(outOf) };
}

function shapesOf({ way, children }: Route): Shape[] {
  if (way === undefined) return [];
  return [...(way.isGone ? [] : [way.shape]), ...[...children.values()].flatMap(shapesOf)];
}

function outOf(shape: Shape): StreamReport['out'][number] {
  const fields = Object.entries(propertiesOf(shape)).map(([name, schema]) => ({
    name,
    type: typeText(schema as JsonObject),
    privacy: shape.privacy[name] ?? 'clear',
  }));
  return { stream: shape.stream, key_properties: shape.keys, fields, schema: shape.schema as JsonObject };
}

function typeText(schema: JsonObject): string {
  const { anyOf, format, type } = schema;
  if (type === undefined && Array.isArray(anyOf)) {
    return [...new Set(anyOf.filter(isJsonObject).map((branch) => typeText(branch)))].join(' or ');
  }
  const types = typesOf(type).join(' or ');
  return typeof format === 'string' ? `${types} (${format})` : types;
}

function asJson(report: { streams: readonly StreamReport[]; problems: readonly Problem[] }): Json {
  return JSON.parse(JSON.stringify(report)) as Json;
}

function typesOf(type: Json | undefined): string[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((one): one is string => typeof one === 'string') : ['any'];
}

function textOf(
  { streams, problems }: { streams: readonly StreamReport[]; problems: readonly Problem[] },
  isFull: boolean,
): string {
  const lines = streams.flatMap(streamText);
  if (!isFull) lines.push('Checked what the settings alone tell. With --catalog FILE the rules are checked against its streams.');
  for (const { path, message } of problems) lines.push(`PROBLEM ${path}: ${message}`);
  if (problems.length === 0) lines.push('No problems.');
  return lines.join('\n');
}

function streamText({ stream, out, rules }: StreamReport): string[] {
  if (!rules) return [`${stream}: no rules, passes as it is`, ''];
  if (out.length === 0) return [`${stream}: removed`, ''];
  return out.flatMap(({ stream: name, key_properties, fields }) => {
    const width = Math.max(0, ...fields.map(({ name }) => name.length));
    const keys = key_properties.length === 0 ? 'no key' : `key ${key_properties.join(', ')}`;
    const rows = fields.map(
      (field) => `  ${field.name.padEnd(width)}  ${field.type}${field.privacy === 'clear' ? '' : `, ${field.privacy}`}`,
    );
    return [`${stream} -> ${name}: ${keys}`, ...rows, ''];
  });
}
