import type { Entry } from './entries.ts';

/** The columns of one file. */
export interface Header {
  /** Name per cell, in file order; undefined for a duplicate that is given up. */
  readonly columns: readonly (string | undefined)[];
  /** What had to be changed: the cell (counted from 1) and the name it got. */
  readonly renamed: readonly { readonly cell: number; readonly name: string }[];
  /** Names that stand in the header more than once. */
  readonly duplicates: readonly string[];
  /** Names of the header that `rename` speaks of. */
  readonly renamesUsed: readonly string[];
  /** Cells of duplicates that go to the list of surplus cells. */
  readonly extraCells: readonly number[];
}

export type HeaderOptions = Pick<Entry, 'duplicate_headers' | 'column_names' | 'rename'>;

/**
 * Gives every column a name of its own: `rename` and `column_names` first; then an empty one becomes `column_N`, a repeated one
 * `name_2`, or only the last (`last`) or the first (`extra`) of that name stays. `reserved` names are taken: a column of the file
 * that bears one gets a suffix.
 */
export function headerOf(cells: readonly string[], options: HeaderOptions, reserved: ReadonlySet<string>): Header {
  const { duplicate_headers: policy } = options;
  const names = cells.map((cell) => nameOf(cell, options));
  const given = new Set(names);
  const first = new Map(names.map((name, index) => [name, index] as const).reverse());
  const last = new Map(names.map((name, index) => [name, index]));
  const duplicates = [...new Set(names.filter((name, index) => name !== '' && last.get(name) !== index))];
  const taken = new Set(reserved);
  const renamed: { cell: number; name: string }[] = [];
  const extraCells: number[] = [];
  const free = (stem: string): string => {
    for (let number = 2; ; number++) {
      const name = `${stem}_${number}`;
      if (!taken.has(name) && !given.has(name)) return name;
    }
  };
  const columns = names.map((asked, index) => {
    if (policy === 'last' && asked !== '' && last.get(asked) !== index) return undefined;
    if (policy === 'extra' && asked !== '' && first.get(asked) !== index) {
      extraCells.push(index);
      return undefined;
    }
    let name = asked;
    if (name === '') {
      name = `column_${index + 1}`;
      if (taken.has(name) || given.has(name)) name = free(name);
    } else if (taken.has(name)) name = free(name);
    if (name !== asked) renamed.push({ cell: index + 1, name });
    taken.add(name);
    return name;
  });
  const renamesUsed = Object.keys(options.rename ?? {}).filter((name) => cells.includes(name));
  return { columns, renamed, duplicates, renamesUsed, extraCells };
}

function nameOf(cell: string, { column_names, rename }: HeaderOptions): string {
  if (rename !== undefined && Object.hasOwn(rename, cell)) return rename[cell]!;
  if (column_names === 'lower') return cell.toLowerCase();
  return column_names === 'snake' ? snakeCase(cell) : cell;
}

/** `Customer ID (new)` and `customerIdNew` become `customer_id_new`; letters of any script stay. */
function snakeCase(text: string): string {
  return text
    .replaceAll(/(\p{Ll}|\p{Nd})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replaceAll(/[^\p{L}\p{Nd}\p{M}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
}
