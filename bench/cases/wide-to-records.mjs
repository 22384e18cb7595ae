// @ts-check
import { csvToRecords } from './csv-to-records.mjs';

export default csvToRecords({
  id: 'wide-to-records',
  work: 'CSV of 300 columns to RECORD lines, 50 k rows',
  table: 'wide',
  rows: 50_000,
  floor: 8,
  goal: 14,
});
