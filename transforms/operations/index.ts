import type { Operation } from '../operation.ts';
import lower from './lower.ts';
import redact from './redact.ts';
import trim from './trim.ts';
import upper from './upper.ts';

/** Every operation, in the order of the docs. */
export const operations: readonly Operation[] = [trim, lower, upper, redact];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export const operationNames: readonly string[] = [...byName.keys()];

export function operationOf(name: string): Operation | undefined {
  return byName.get(name);
}
