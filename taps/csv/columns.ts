/** Names of the columns that the tap itself fills. The first three are MeltanoLabs'. */
export const SOURCE = '_sdc_source_file';
export const MTIME = '_sdc_source_file_mtime';
export const LINE = '_sdc_source_lineno';
/** Cells beyond the header's, with `ragged_rows: extra`. */
export const EXTRA = '_sdc_extra';
/** The key made from the row itself. */
export const ROW_HASH = '_sdc_row_hash';

/** Their schemas. */
export const MADE_COLUMNS = {
  [SOURCE]: { type: ['null', 'string'] },
  [MTIME]: { type: ['null', 'string'], format: 'date-time' },
  [LINE]: { type: ['null', 'integer'] },
  [EXTRA]: { type: ['null', 'array'], items: { type: ['null', 'string'] } },
  [ROW_HASH]: { type: ['null', 'string'] },
} as const;

/** Cells are text; what they mean is for the reader or a mapper to say. */
export const CELL_SCHEMA = { type: ['null', 'string'] } as const;
