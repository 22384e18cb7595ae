// @ts-check
import { memory } from './memory.mjs';

export default memory(10_000_000, '10 M');
