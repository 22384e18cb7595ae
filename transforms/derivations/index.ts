import type { Derivation } from '../derivation.ts';

/** Every derivation, in the order of the docs. */
export const derivations: readonly Derivation[] = [];
