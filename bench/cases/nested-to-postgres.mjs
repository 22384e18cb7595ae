// @ts-check
import { recordsToPostgres } from './records-to-postgres.mjs';

export default recordsToPostgres({
  id: 'nested-to-postgres',
  work: 'nested RECORD lines to Postgres, flattened, 1 M resale rows',
  form: 'singer-nested',
  table: 'sales',
  config: { flattening_enabled: true, flattening_max_depth: 3 },
  floor: 0.15,
  goal: 0.4,
});
