import { createHash } from 'node:crypto';

interface Named {
  readonly schema: string;
  readonly name: string;
}

/**
 * A stream id for each table: `schema-table`, as the field writes it. Of tables that would share one, the one with the shortest
 * schema keeps it; the others get a suffix made from their names, and are given to `clash`. Pure.
 */
export function streamIds<T extends Named>(tables: readonly T[], clash: (table: T, id: string) => void): ReadonlyMap<T, string> {
  const ids = new Map<T, string>();
  const taken = new Set<string>();
  const shortestFirst = tables.toSorted((a, b) => a.schema.length - b.schema.length);
  for (const table of shortestFirst) {
    const plain = `${table.schema}-${table.name}`;
    let id = plain;
    for (let length = 8; taken.has(id); length += 8) id = `${plain}-${digest(table).slice(0, length)}`;
    if (id !== plain) clash(table, id);
    taken.add(id);
    ids.set(table, id);
  }
  return ids;
}

function digest({ schema, name }: Named): string {
  return createHash('sha256')
    .update(JSON.stringify([schema, name]))
    .digest('hex');
}
