import type { JsonObject } from '../../singer/index.ts';
import { Quality } from '../checks/quality.ts';
import { type Announced, type Route, routeOf } from '../engine/route.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import type { WayOptions } from '../engine/way.ts';

/** What rules need to be compiled where nothing is counted and nothing lasts. */
export function quietOptions(rules: RuleSet): WayOptions & { close(): Promise<void> } {
  const shared = new Map<string, unknown>();
  const closers: (() => Promise<void> | void)[] = [];
  return {
    keys: rules.keys,
    defaults: rules.defaults,
    vars: rules.vars,
    log: rules.log,
    signal: rules.signal,
    count: () => undefined,
    shared: <T>(name: string, make: () => T) => {
      if (!shared.has(name)) shared.set(name, make());
      return shared.get(name) as T;
    },
    rehearsal: true,
    beforeSend: () => undefined,
    quality: new Quality(rules.checkMemoryBytes),
    onClose: (close) => void closers.push(close),
    async close() {
      for (const close of closers) await close();
    },
  };
}

/** The route of a stream as a SCHEMA message announces it; undefined if no rules are for it. Throws what `routeOf` throws. */
export function compiledRoute(rules: RuleSet, options: WayOptions, stream: string, message: JsonObject): Route | undefined {
  const announced: Announced = { message, line: Buffer.alloc(0), ancestors: [] };
  return routeOf(rules, options, stream, { ...announced, place: { line: 0, file: undefined } });
}
