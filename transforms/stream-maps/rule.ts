import { within } from '../context.ts';
import { openShape } from '../engine/shape.ts';
import { compileExpression } from '../expression/index.ts';
import type { PreparedRule, Rule, RuleContext, Shape } from '../rule.ts';
import { checkMap, type CompiledMap, compileMap } from './compiled-map.ts';
import type { MapEntry } from './entry.ts';

/** What `stream_maps` says of one stream. */
export interface MapsOfStream {
  /** Undefined: the stream passes as it is. */
  readonly own: MapEntry | undefined;
  /** Entries that the SDK would pass over, because a later one is for the stream, too. */
  readonly shadowed: readonly MapEntry[];
  /** It goes no further itself, whatever its copies do. */
  readonly removed: boolean;
  readonly copies: readonly MapEntry[];
}

/** The rule that maps one stream, and makes copies of it. All expressions read records as they came. */
export function streamMapsRule(maps: MapsOfStream): Rule {
  return {
    name: 'stream_maps',
    summary: 'Maps a stream as inline stream maps of the Meltano SDK do.',
    setting: { type: 'object', description: 'The entries of `stream_maps`.' },
    examples: [],
    check: (_, context) => check(maps, context),
    prepare: (_, shape, context) => prepare(maps, shape, context),
  };
}

function check({ copies, own }: MapsOfStream, context: RuleContext): void {
  const shape = openShape(context.stream);
  for (const entry of own === undefined ? copies : [own, ...copies]) {
    checkMap(entry.map!, shape, within(context, entry.key));
  }
}

function prepare({ copies, own, removed, shadowed }: MapsOfStream, shape: Shape, context: RuleContext): PreparedRule {
  for (const { key } of shadowed) {
    context.problem(
      `has no effect on ${context.stream}, because a later entry is for that stream, too: make one entry of them`,
      key,
    );
  }
  const main = own === undefined ? undefined : compileEntry(own, shape, context);
  const others = copies.map((entry) => ({ stream: entry.key, map: compileEntry(entry, shape, context) }));
  return {
    shape: main?.shape ?? shape,
    ...(removed ? { gone: true } : {}),
    hides: [...new Set([main, ...others.map(({ map }) => map)].flatMap((map) => map?.hides ?? []))],
    reuses: main?.reuses ?? [],
    children: others.map(({ map }) => map.shape),
    apply(record, emit) {
      // Everything is worked out before anything is changed or sent, so that a record is mapped as a whole or not at all.
      const planned = main?.plan(record);
      const children = others.map(({ map, stream }) => ({ stream, record: map.plan(record)?.toObject() }));
      const goesOn = !removed && (main === undefined || planned !== undefined);
      if (goesOn) planned?.apply();
      for (const { record, stream } of children) if (record !== undefined) emit.child(stream, record);
      if (!removed && !goesOn) context.count('filtered');
      return goesOn;
    },
  };
}

function compileEntry(entry: MapEntry, shape: Shape, context: RuleContext): CompiledMap {
  const { isCopy, key, map, path, source } = entry;
  const told = within(context, key);
  const name = isCopy ? key : nameOf(map!.alias, shape, told);
  return compileMap(map!, shape, told, { name, path, isExact: source === context.stream });
}

/** The new name of a stream: what the expression gives, or the text itself where that is none, as `customers_v2`. */
function nameOf(alias: string | undefined, shape: Shape, context: RuleContext): string {
  if (alias === undefined) return shape.stream;
  let isExpression = true;
  const bare = { ...shape, schema: { type: 'object', properties: {} } };
  const scope = { shape: bare, config: {}, stream: shape.stream, keys: context.keys };
  const expression = compileExpression(alias, scope, () => (isExpression = false));
  if (!isExpression) return alias;
  const name = expression.evaluate({ get: () => undefined });
  if (typeof name === 'string' && name !== '') return name;
  context.problem('gives no name', '__alias__');
  return shape.stream;
}
