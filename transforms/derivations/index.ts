import type { Derivation } from '../derivation.ts';
import { byName } from '../named.ts';

/** Every derivation, in the order of the docs. */
export const derivations = byName<Derivation>({
  key_hash: () => import('./key_hash.ts'),
  row_hash: () => import('./row_hash.ts'),
  sequence: () => import('./sequence.ts'),
  lookup: () => import('./lookup.ts'),
});
