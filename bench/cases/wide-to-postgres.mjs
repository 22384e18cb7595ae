// @ts-check
import { recordsToPostgres } from './records-to-postgres.mjs';

export default recordsToPostgres({
  id: 'wide-to-postgres',
  work: 'RECORD lines of 300 columns to Postgres, append, 50 k rows',
  form: 'singer',
  table: 'wide',
  rows: 50_000,
  floor: 0.5,
  goal: 0.9,
});
