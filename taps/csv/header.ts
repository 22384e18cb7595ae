/** The columns of one file. */
export interface Header {
  /** Name per cell, in file order; undefined for a duplicate that is given up. */
  readonly columns: readonly (string | undefined)[];
  /** What had to be changed: the cell (counted from 1) and the name it got. */
  readonly renamed: readonly { readonly cell: number; readonly name: string }[];
  /** Names that stand in the header more than once. */
  readonly duplicates: readonly string[];
}

/**
 * Gives every column a name of its own: an empty one becomes `column_N`, a repeated one `name_2`, or only the last of that
 * name stays (`last`). `reserved` names are taken: a column of the file that bears one gets a suffix.
 */
export function headerOf(cells: readonly string[], policy: 'suffix' | 'fail' | 'last', reserved: ReadonlySet<string>): Header {
  const given = new Set(cells);
  const last = new Map(cells.map((name, index) => [name, index]));
  const duplicates = [...new Set(cells.filter((name, index) => name !== '' && last.get(name) !== index))];
  const taken = new Set(reserved);
  const renamed: { cell: number; name: string }[] = [];
  const free = (stem: string): string => {
    for (let number = 2; ; number++) {
      const name = `${stem}_${number}`;
      if (!taken.has(name) && !given.has(name)) return name;
    }
  };
  const columns = cells.map((cell, index) => {
    if (policy === 'last' && cell !== '' && last.get(cell) !== index) return undefined;
    let name = cell;
    if (name === '') {
      name = `column_${index + 1}`;
      if (taken.has(name) || given.has(name)) name = free(name);
    } else if (taken.has(name)) name = free(name);
    if (name !== cell) renamed.push({ cell: index + 1, name });
    taken.add(name);
    return name;
  });
  return { columns, renamed, duplicates };
}
