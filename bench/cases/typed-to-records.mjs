// @ts-check
import { csvToRecords } from './csv-to-records.mjs';

export default csvToRecords({
  id: 'typed-to-records',
  work: 'CSV to RECORD lines with infer_types: sample, 1 M resale rows',
  entry: { infer_types: 'sample' },
  floor: 3,
  goal: 6,
});
