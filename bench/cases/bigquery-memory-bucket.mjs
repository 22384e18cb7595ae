// @ts-check
import { bigqueryMemory } from './bigquery-memory.mjs';

export default bigqueryMemory(1_000_000, '1 M staged', { method: 'gcs_stage', bucket: 'bench' });
