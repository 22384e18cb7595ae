import { ConfigError, type JsonObject, stringifyExact } from '../../singer/index.ts';
import { faultAt, type Place } from '../../singer/mapper/index.ts';
import type { Shape } from '../rule.ts';
import { problemsOfNames, resolveRules, type RuleSet } from './rule-set.ts';
import { schemaMessage, shapeOf } from './shape.ts';
import { compileWay, type Way, type WayOptions } from './way.ts';

/** Streams made of streams made of streams: more than this are a circle. */
const MOST_ANCESTORS = 16;

/** A stream on its way through the rules, as one SCHEMA announced it. */
export interface Route {
  readonly name: string;
  /** Tells it from a route of the same name that comes another way. */
  readonly source: string;
  /** The SCHEMA line that it was compiled for, and its message. */
  readonly line: Buffer;
  readonly message: JsonObject;
  /** Undefined: the stream is removed. */
  readonly way: Way | undefined;
  /** The name as JSON text: as it comes, and as it leaves. */
  readonly nameIn: Buffer;
  readonly nameOut: Buffer;
  /** Streams that its records also feed. */
  readonly children: ReadonlyMap<string, Route>;
}

export interface Announced {
  readonly message: JsonObject;
  readonly line: Buffer;
  /** Known already, for streams that rules make. */
  readonly shape?: Shape;
  /** The streams that it comes from. */
  readonly ancestors: readonly string[];
}

/**
 * Compiles the rules of a stream; undefined if there are none. Throws ConfigError with all that is wrong with them, InputError
 * `schema-without-properties`.
 */
export function routeOf(rules: RuleSet, options: WayOptions, name: string, o: Announced & { place: Place }): Route | undefined {
  const found = resolveRules(rules, name, { isMade: o.ancestors.length > 0 });
  if (found === undefined) return undefined;
  const nameIn = Buffer.from(JSON.stringify(name));
  const ancestors = [...o.ancestors, name];
  if (ancestors.length > MOST_ANCESTORS) {
    const message = `${ancestors.slice(0, 3).join(' becomes ')} and so on: these rules make streams of streams without end`;
    throw new ConfigError([{ path: '', message }], { code: 'transform-rules' });
  }
  const about = { name, source: ancestors.join('/'), line: o.line, message: o.message, nameIn };
  if (found.kind === 'removed') return { ...about, way: undefined, nameOut: nameIn, children: new Map() };
  const shape = o.shape ?? shapeOf(o.message, name);
  if (shape === undefined) {
    throw faultAt(o.place, {
      what: 'SCHEMA has no properties',
      code: 'schema-without-properties',
      facts: { stream: name },
      hint: 'A stream with rules needs an object schema with properties.',
    });
  }
  const way = compileWay(shape, found, options);
  const problems = problemsOfNames(rules, name, way.shape.stream);
  if (problems.length > 0) throw new ConfigError(problems, { code: 'transform-stream', facts: { stream: name } });
  const children = way.children.map((child) => childRoute(rules, options, child, { ancestors, place: o.place }));
  const twice = way.children.find(({ stream }, index) => way.children.findIndex((other) => other.stream === stream) < index);
  if (twice !== undefined) {
    const message = `the rules of ${name} make the stream ${twice.stream} twice; give one of the two another name`;
    throw new ConfigError([{ path: found.path, message }], { code: 'transform-stream', facts: { stream: name } });
  }
  const nameOut = Buffer.from(JSON.stringify(way.shape.stream));
  return { ...about, way, nameOut, children: new Map(children.map((child) => [child.name, child])) };
}

/** A child goes the way of a stream of its name, unless it comes from that stream itself. */
function childRoute(rules: RuleSet, options: WayOptions, shape: Shape, o: { ancestors: readonly string[]; place: Place }): Route {
  const { stream } = shape;
  const message = schemaMessage({}, shape);
  const line = Buffer.from(stringifyExact(message));
  const own = o.ancestors.includes(stream) ? undefined : routeOf(rules, options, stream, { ...o, message, line, shape });
  if (own !== undefined) return own;
  const way = compileWay(shape, { kind: 'rules', calls: [], path: '', personal: false, onError: undefined }, options);
  const name = Buffer.from(JSON.stringify(stream));
  const source = [...o.ancestors, stream].join('/');
  return { name: stream, source, line, message, way, nameIn: name, nameOut: name, children: new Map() };
}

/** The streams that a route's records leave in. */
export function streamsOf({ way, children }: Route): string[] {
  if (way === undefined) return [];
  return [...(way.isGone ? [] : [way.shape.stream]), ...[...children.values()].flatMap(streamsOf)];
}

/** All routes below one. */
export function childrenOf({ children }: Route): Route[] {
  return [...children.values()].flatMap((child) => [child, ...childrenOf(child)]);
}

/** The rules of a route that hold records back, in the order in which a record meets them. */
export function buffersOf({ way, children }: Route): Way['buffers'] {
  return way === undefined ? [] : [...way.buffers, ...[...children.values()].flatMap(buffersOf)];
}
