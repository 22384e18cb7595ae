import type { TableColumn } from '../model.ts';
import { apart, lateSegments, mixesNulls, type Coverage, type Segment } from './coverage.ts';
import { startConditions, type IncrementalOptions } from './options.ts';
import type { Order } from './position.ts';
import type { Facts } from './sight.ts';

/** One query of a reading. */
export interface Step {
  /**
   * What it is for. `again`: rows that are sent in every run, of which no bookmark tells. `late`: rows before the bookmark that were not there to be seen.
   * `new`: those behind it.
   */
  readonly for: 'again' | 'late' | 'new';
  readonly segment: Segment;
  readonly conditions: readonly string[];
}

export interface Stepping {
  readonly key: TableColumn;
  readonly order: Order;
  readonly options: IncrementalOptions;
  readonly facts: Facts;
  readonly coverage: Coverage | undefined;
  /** See `lateSegments`. */
  readonly sameSource: boolean;
}

/** The queries of one reading, in their order. */
export function stepsOf(o: Stepping): Step[] {
  const { key, order, options, facts, coverage } = o;
  const steps: Step[] = [];
  const add = (purpose: Step['for'], segment: Segment, more: readonly string[] = []): void => {
    const onlyNulls = segment.upTo?.value === null;
    const starts = onlyNulls ? [] : startConditions(options, key, mixesNulls(order, segment));
    steps.push({ for: purpose, segment, conditions: [...more, ...starts] });
  };
  if (!key.notNull && options.nulls === 'include_always') {
    add('again', { from: undefined, upTo: { value: null, within: 'all' }, newer: 'all' });
  }
  const back = lookbackCondition(o);
  if (coverage !== undefined && facts.files !== undefined && options.findLate) {
    for (const segment of lateSegments(coverage, facts.sight, o.sameSource)) {
      const more = back === undefined ? [] : [mixesNulls(order, segment) ? `(${order.key.sql} IS NULL OR ${back})` : back];
      for (const part of segment.newer === 'all' ? apart(order, segment) : [segment]) add('late', part, more);
    }
  } else if (coverage !== undefined && facts.files === undefined && back !== undefined) {
    add('again', { from: undefined, upTo: { ...coverage.upTo, within: 'none' }, newer: 'all' }, [back]);
  }
  const rest: Segment = { from: coverage?.upTo, upTo: undefined, newer: 'all' };
  const withoutNulls = !key.notNull && !order.nullable && coverage === undefined;
  for (const part of apart(order, rest)) add('new', part, withoutNulls ? [`${order.key.sql} IS NOT NULL`] : []);
  return steps;
}

/** Rows that are not farther back than the settings say. */
function lookbackCondition({ order, options, coverage }: Stepping): string | undefined {
  const value = coverage?.upTo.value;
  if (options.lookback === undefined || value === undefined || value === null) return undefined;
  return `${order.key.sql} >= ${options.lookback(order.key.value(value))}`;
}
