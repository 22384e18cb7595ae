import { describe } from 'vitest';
import { proveGolden, proveRecorded } from './golden.ts';
import { prove } from './prove.ts';
import { targetJsonl } from './subjects/target-jsonl.ts';

describe('target-jsonl', () => prove(targetJsonl()));
describe('target-jsonl, sample streams [184]', () => proveGolden(targetJsonl()));
describe('target-jsonl, recorded streams [182]', () => proveRecorded(targetJsonl()));
