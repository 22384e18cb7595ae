/** Names of the columns that the tap itself fills. The first three are MeltanoLabs'. */
export const SOURCE = '_sdc_source_file';
export const MTIME = '_sdc_source_file_mtime';
export const LINE = '_sdc_source_lineno';
/** Cells beyond the header's, with `ragged_rows: extra`. */
export const EXTRA = '_sdc_extra';
/** Cells that do not fit the type of their column, with `on_type_error: keep`. */
export const MISFITS = '_sdc_misfits';
/** The key made from the row itself. */
export const ROW_HASH = '_sdc_row_hash';

/** Their schemas. */
export const MADE_COLUMNS = {
  [SOURCE]: { type: ['null', 'string'] },
  [MTIME]: { type: ['null', 'string'], format: 'date-time' },
  [LINE]: { type: ['null', 'integer'] },
  [EXTRA]: { type: ['null', 'array'], items: { type: ['null', 'string'] } },
  [MISFITS]: { type: ['null', 'object'], additionalProperties: { type: 'string' } },
  [ROW_HASH]: { type: ['null', 'string'] },
} as const;
