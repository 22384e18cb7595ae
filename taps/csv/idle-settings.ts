import type { Log } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import { fileSettings } from './settings.ts';

/** Settings that speak of cells, headers and marks, which JSON lines do not have. */
const DELIMITED_ONLY = [
  'delimiter',
  'doublequote',
  'escapechar',
  'quotechar',
  'skipinitialspace',
  'strict',
  'trim',
  'record_delimiter',
  'header',
  'header_rows',
  'columns',
  'skip_rows',
  'skip_footer',
  'skip_blank_lines',
  'comment',
  'column_names',
  'rename',
  'ragged_rows',
  'duplicate_headers',
  'nul_bytes',
  'empty_as_null',
  'null_values',
  'types',
  'zone',
] as const satisfies readonly (keyof typeof fileSettings & keyof Entry)[];

/** Warns, once for an entry, of settings that do nothing because its files are JSON lines. */
export function tellIdle(entry: Entry, log: Log): void {
  const settings = DELIMITED_ONLY.filter((name) => isSet(entry, name));
  if (settings.length === 0) return;
  const message = 'Settings have no effect on files of JSON lines';
  log.warnOnce(JSON.stringify([message, entry.entity, entry.paths]), message, { entity: entry.entity, settings });
}

function isSet(entry: Entry, name: (typeof DELIMITED_ONLY)[number]): boolean {
  const setting = fileSettings[name];
  const usual = 'default' in setting ? setting.default : undefined;
  return entry[name] !== undefined && entry[name] !== usual;
}
