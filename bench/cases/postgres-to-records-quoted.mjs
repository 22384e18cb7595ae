// @ts-check
import { postgresToRecords } from './postgres-to-records.mjs';

export default postgresToRecords('customers');
