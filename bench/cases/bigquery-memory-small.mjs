// @ts-check
import { bigqueryMemory } from './bigquery-memory.mjs';

export default bigqueryMemory(10_000, '10 k');
