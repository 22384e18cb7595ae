import type { Json } from '../../singer/index.ts';
import { numberIn } from '../compare.ts';
import { instantOf } from '../instant.ts';
import { compareDecimals } from '../numbers/decimal.ts';

/**
 * Orders two values: as numbers if both are (or are texts of such beside a number), as times if both are texts that name one, else as
 * texts. Undefined if they have no common order.
 */
export function compareValues(a: Json, b: Json): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  const [x, y] = [numberIn(a), numberIn(b)];
  return x === undefined || y === undefined ? undefined : compareDecimals(x, y);
}

function compareTexts(a: string, b: string): number {
  const [x, y] = [instantOf(a), instantOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
