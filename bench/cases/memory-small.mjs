// @ts-check
import { memory } from './memory.mjs';

export default memory(10_000, '10 k');
