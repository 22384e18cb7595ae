/** What the command `erase` does: beside it, so that `--about` need not load it. */
export const ERASE =
  'erase dry-run FILE (- for stdin) counts, table by table, the rows that the requests in a file of JSON lines would erase by the setting erasures; erase apply FILE erases them';
