import { readFileSync } from 'node:fs';
import { readSlice } from '../../../scripts/github/schemas.mjs';

/** One record as the API gives it. */
export type Item = Readonly<Record<string, unknown>>;

export interface Asset extends Item {
  readonly id: number;
  readonly download_count: number;
}

export interface Release extends Item {
  readonly id: number;
  readonly draft: boolean;
  readonly created_at: string;
  readonly assets: readonly Asset[];
}

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

const slice = readSlice() as unknown as { readonly schemas: Readonly<Record<string, Schema>> };
const recorded = JSON.parse(readFileSync(new URL('recorded/releases.json', import.meta.url), 'utf8')) as readonly Release[];
const DAY = 86_400_000;

/** The 30 recorded releases of github/hub, newest first, with the fields that GitHub has added since. */
export function recordedReleases(): Release[] {
  return recorded.map((release) => ({
    ...release,
    immutable: false,
    updated_at: release['published_at'],
    assets: release.assets.map((asset) => ({ ...asset, digest: null })),
  }));
}

/** So many releases like the recorded ones, newest first, each with ids, tag and times of its own. */
export function manyReleases(count: number, changes: (at: number) => Partial<Release> = () => ({})): Release[] {
  const models = recordedReleases();
  const end = Date.parse('2026-01-01T00:00:00Z');
  return Array.from({ length: count }, (_, at) => {
    const model = models[at % models.length]!;
    const number = count - at;
    const time = `${new Date(end - at * DAY).toISOString().slice(0, 19)}Z`;
    return {
      ...model,
      id: 1_000_000 + number,
      node_id: `RE_${number}`,
      tag_name: `v${number}`,
      created_at: time,
      published_at: time,
      updated_at: time,
      assets: model.assets.map((asset, n) => ({ ...asset, id: 50_000_000 + number * 100 + n, node_id: `RA_${number}_${n}` })),
      ...changes(at),
    };
  });
}

/** A record of any kind: all members that the description knows, filled by their types; `changes` are laid over it. */
export function made(component: string, number: number, changes: Item = {}): Item {
  const whole = filled({ $ref: `#/components/schemas/${component}` }, component, number, 0) as Item;
  return { ...whole, ...changes };
}

function filled(schema: Schema, name: string, number: number, depth: number): unknown {
  const { $ref, allOf, oneOf, anyOf, nullable, type, format, properties, items } = schema;
  if (typeof $ref === 'string') {
    // Deep ones that may be null are null, so that a repository within a repository ends.
    const found = slice.schemas[$ref.replace('#/components/schemas/', '')] ?? {};
    return filled(found, name, number, depth);
  }
  const values = schema['enum'];
  if (Array.isArray(values)) return values[0];
  const [first, ...others] = (allOf ?? oneOf ?? anyOf ?? []) as Schema[];
  if (first !== undefined) {
    const parts = [first, ...(allOf === undefined ? [] : others)].map((part) => filled(part, name, number, depth));
    return parts.length === 1 ? parts[0] : Object.assign({}, ...(parts as object[]));
  }
  if (properties !== undefined) {
    if (nullable === true && depth > 1) return null;
    const required = new Set((schema['required'] as string[] | undefined) ?? []);
    const wanted = Object.entries(properties).filter(([member]) => depth < 2 || required.has(member));
    return Object.fromEntries(wanted.map(([member, each]) => [member, filled(each, member, number, depth + 1)]));
  }
  if (type === 'array') return depth > 1 ? [] : [filled((items as Schema | undefined) ?? {}, name, number, depth + 1)];
  if (type === 'object') return {};
  if (type === 'integer' || type === 'number') return number;
  if (type === 'boolean') return false;
  if (type !== 'string') return null;
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  if (format === 'date') return '2026-01-01';
  if (format === 'uri') return `https://github.example/${name}/${number}`;
  return format === 'email' ? `${name}@example.org` : `${name} ${number}`;
}
