// @ts-check
import { csvToRecords } from './csv-to-records.mjs';

export default csvToRecords({
  id: 'quoted-to-records',
  work: 'CSV with quoted and multi-line cells to RECORD lines, 1 M customers',
  table: 'customers',
  floor: 6,
  goal: 10,
});
