import { describe } from 'vitest';
import { prove } from './prove.ts';
import { tapCsv } from './subjects/tap-csv.ts';

describe('tap-csv', () => prove(tapCsv()));
