import type { PgType } from '../model.ts';
import type { TypeRow } from './queries.ts';

/** Gives types as columns declare them. Throws for one that is not among the rows. */
export class Types {
  readonly #rows: ReadonlyMap<string, TypeRow>;
  /** Columns share types by the thousand. */
  readonly #made = new Map<string, PgType>();

  constructor(rows: readonly TypeRow[]) {
    this.#rows = new Map(rows.map((row) => [`${row.oid} ${row.modifier}`, row]));
  }

  /** `dimensions`: those declared of an array, 0 if none. */
  of(oid: number, modifier: number, dimensions: number): PgType {
    const key = `${oid} ${modifier} ${dimensions}`;
    let type = this.#made.get(key);
    if (type === undefined) {
      type = this.#make(this.#row(oid, modifier), dimensions);
      this.#made.set(key, type);
    }
    return type;
  }

  /** True if rows can be ordered by such values. */
  isOrderable(oid: number, modifier: number): boolean {
    const { base, orderable } = this.#row(oid, modifier);
    return base === null ? orderable : this.isOrderable(base[0], base[1]);
  }

  #make(row: TypeRow, dimensions: number): PgType {
    const { oid, schema, name, text, modifier } = row;
    // Of domains over domains the outermost names the column's type.
    if (row.base !== null) return { ...this.of(...row.base), domain: text };
    const named = { oid, schema, name, text, modifier };
    if (row.element !== null) {
      // The modifier of an array is that of its elements.
      const element = this.of(row.element, modifier, 0);
      return { ...named, kind: 'array', element, delimiter: row.delimiter ?? ',', ...(dimensions > 0 ? { dimensions } : {}) };
    }
    if (row.bound !== null)
      return { ...named, kind: row.typtype === 'm' ? 'multirange' : 'range', element: this.of(row.bound, -1, 0) };
    if (row.fields !== null) {
      return {
        ...named,
        kind: 'composite',
        fields: row.fields.map(([field, ...type]) => ({ name: field, type: this.of(...type) })),
      };
    }
    if (row.typtype === 'e') return { ...named, kind: 'enum', labels: row.labels ?? [] };
    return { ...named, kind: 'base' };
  }

  #row(oid: number, modifier: number): TypeRow {
    const row = this.#rows.get(`${oid} ${modifier}`);
    // The two queries see the same moment, so that this cannot be.
    if (row === undefined) throw new Error(`The catalog has no type ${oid}`);
    return row;
  }
}
