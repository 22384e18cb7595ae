/** The parts of a SELECT. */
export interface Select {
  readonly selected: readonly string[];
  readonly from: string;
  /** Conditions of ours; undefined ones are left out. */
  readonly where?: readonly (string | undefined)[];
  /** Conditions of the user's. */
  readonly filters: readonly string[];
  /** What stands behind the conditions. */
  readonly tail?: readonly string[];
}

/** A SELECT in lines. */
export function selectSql({ selected, from, where = [], filters, tail = [] }: Select): string {
  // On lines of their own: a comment at the end of one hides nothing.
  const conditions = [...where.filter((condition) => condition !== undefined), ...filters.map((filter) => `(${filter}\n)`)];
  return [
    `SELECT ${selected.join(', ')}`,
    `FROM ${from}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join('\n  AND ')}`]),
    ...tail,
  ].join('\n');
}
