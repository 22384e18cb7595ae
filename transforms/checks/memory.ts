import type { Json } from '../../singer/index.ts';
import type { CheckContext } from '../check.ts';
import { Fingerprints, fingerprintOf, hashedText } from '../fingerprints.ts';
import type { Fields } from '../operation.ts';

export type Reader = (record: Fields) => Json | undefined;

/** The values that a check has seen; see `check_memory_mb`. */
export function seenValues(context: CheckContext, name: string): Fingerprints {
  return context.keep(name, () => new Fingerprints(context.quality.memoryBytes));
}

/** The mark of some values together; undefined if one of them is null or absent, which is equal to nothing. */
export function markOf(values: readonly (Json | undefined)[]): string | undefined {
  if (values.some((value) => value === undefined || value === null)) return undefined;
  return fingerprintOf(hashedText(values));
}
