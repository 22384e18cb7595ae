import { Quality } from '../checks/quality.ts';
import { keeper } from './keeper.ts';
import type { RuleSet } from './rule-set.ts';
import type { WayOptions } from './way.ts';

/** What rules need to be compiled where nothing is counted and nothing lasts. */
export function quietOptions(rules: RuleSet): WayOptions & { close(): Promise<void> } {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    keys: rules.keys,
    defaults: rules.defaults,
    vars: rules.vars,
    log: rules.log,
    signal: rules.signal,
    count: () => undefined,
    shared: keeper(),
    once: rules.once,
    rehearsal: true,
    beforeSend: () => undefined,
    quality: new Quality(rules.checkMemoryBytes),
    onClose: (close) => void closers.push(close),
    async close() {
      for (const close of closers) await close();
    },
  };
}
