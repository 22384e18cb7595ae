// @ts-check
import { csvToPostgres } from './csv-to-postgres.mjs';

export default csvToPostgres({
  id: 'csv-to-postgres-large',
  rows: 10_000_000,
  work: 'CSV to Postgres through the pipe, 10 M resale rows',
  floor: 0.6,
  goal: 0.9,
  only: 'large',
});
