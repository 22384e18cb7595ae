// @ts-check
import { recordsToPostgres } from './records-to-postgres.mjs';

export default recordsToPostgres({
  id: 'records-to-postgres-general',
  work: 'general lane (validated objects) to Postgres, append, 1 M resale rows',
  form: 'singer-general',
  floor: 0.2,
  goal: 0.4,
});
