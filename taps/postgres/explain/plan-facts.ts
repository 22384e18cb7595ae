/** A node of `EXPLAIN (FORMAT JSON)`. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Plan Rows': number;
  readonly 'Total Cost': number;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** What the server is going to do for a query. */
export interface PlanFacts {
  /** Its estimates. */
  readonly rows: number;
  readonly cost: number;
  readonly indexes: readonly string[];
  /** Tables that are read from their first page to their last. */
  readonly scans: readonly string[];
  readonly plan: readonly string[];
}

/** Sums a plan up. */
export function facts(plan: PlanNode): Omit<PlanFacts, 'plan'> {
  const nodes = nodesOf(plan);
  const named = (names: readonly (string | undefined)[]): string[] => [...new Set(names.filter((name) => name !== undefined))];
  return {
    rows: plan['Plan Rows'],
    cost: plan['Total Cost'],
    indexes: named(nodes.map((node) => node['Index Name'])),
    scans: named(nodes.map((node) => (node['Node Type'] === 'Seq Scan' ? node['Relation Name'] : undefined))),
  };
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
