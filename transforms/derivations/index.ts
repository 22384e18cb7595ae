import type { Derivation } from '../derivation.ts';
import keyHash from './key_hash.ts';
import lookup from './lookup.ts';
import rowHash from './row_hash.ts';
import sequence from './sequence.ts';

/** Every derivation, in the order of the docs. */
export const derivations: readonly Derivation[] = [keyHash, rowHash, sequence, lookup];
