import type { JsonObject } from '../../singer/index.ts';
import { type Announced, type Route, routeOf } from '../engine/route.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import type { WayOptions } from '../engine/way.ts';

/** The route of a stream as a SCHEMA message announces it; undefined if no rules are for it. Throws what `routeOf` throws. */
export function compiledRoute(rules: RuleSet, options: WayOptions, stream: string, message: JsonObject): Route | undefined {
  const announced: Announced = { message, line: Buffer.alloc(0), ancestors: [] };
  return routeOf(rules, options, stream, { ...announced, place: { line: 0, file: undefined } });
}
