/** Between an archive and the file in it. */
export const MEMBER_MARK = '#';

/** Where a file is, taken apart. */
export interface Place {
  /** Folders, the outermost first; an archive counts as one, named without its ending. */
  readonly folders: readonly string[];
  /** `stem`, `name`, `dir` and `dir1` to `dir9`; those that the path does not have are undefined. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

/** Takes the key of a file apart: `data/eu/orders.zip#2026/may.csv` has the folders data, eu, orders and 2026. */
export function placeOf(key: string): Place {
  const segments = key
    .replace(new RegExp(`(\\.zip)?${MEMBER_MARK}`, 'i'), '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  const name = segments.at(-1) ?? '';
  const folders = segments.slice(0, -1);
  const nearest = folders.toReversed();
  const dirs = Object.fromEntries(nearest.slice(0, 9).map((folder, index) => [`dir${index + 1}`, folder]));
  return { folders, values: { name, stem: stemOf(name), dir: nearest[0], ...dirs } };
}

/** A file name without the ending of its compression and the one before it. */
function stemOf(name: string): string {
  if (name === '-') return 'stdin';
  const plain = name.replace(/(?<=.)\.(gz|zst|bz2|zip)$/i, '');
  return plain.replace(/(?<=.)\.[^.]*$/, '');
}
