import type { Keys } from '../keys.ts';
import type { Type } from './types.ts';
import { fault, numericOf, isTrue, typeName, type Value } from './values.ts';
import { isFloat } from './numbers.ts';

/** A function or method. */
export interface Callable {
  /** The names of its arguments, in order; one with `?` may be left out, `*` takes all that follow. */
  readonly takes: string;
  /** What it gives. `args` has the types of the arguments, the value before the dot first. */
  readonly type: Type | ((args: readonly (Type | undefined)[]) => Type);
  /** It is called with null as its subject, too; others give null then. */
  readonly takesNull?: true;
  /** Which argument is the subject: the first unless set. */
  readonly subject?: number;
  /** It is there to hide its subject. */
  readonly hides?: true;
  /** Arguments that must be written out as texts, because they are looked at before the first record. */
  readonly literal?: readonly number[];
  /** What `call` becomes for arguments that are written out as texts; the others are undefined. Made once. */
  readonly bind?: (literals: readonly (string | undefined)[], tools: BindTools) => Call;
  /** Absent if `bind` makes it. */
  readonly call?: Call;
}

/** Arguments that were left out are undefined. Throws ValueFault. */
export type Call = (args: readonly (Value | undefined)[]) => Value;

export interface BindTools {
  readonly keys: Keys;
  /** Says what is wrong with the arguments. */
  readonly problem: (message: string) => void;
}

export type Callables = Readonly<Record<string, Callable>>;

/** The argument as text. Throws ValueFault. */
export function textArg(value: Value | undefined, otherwise?: string): string {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value === 'string') return value;
  throw fault(`a text is needed, not ${value === undefined ? 'nothing' : typeName(value)}`);
}

/** The argument as an int that a JavaScript number holds. Throws ValueFault. */
export function intArg(value: Value | undefined, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise;
  const number = value === undefined ? undefined : numericOf(value);
  if (number === undefined || isFloat(number)) {
    throw fault(`an int is needed, not ${value === undefined ? 'nothing' : typeName(value)}`);
  }
  if (typeof number === 'bigint') throw fault('an int that is too large');
  return number;
}

export function boolArg(value: Value | undefined, otherwise: boolean): boolean {
  return value === undefined ? otherwise : isTrue(value);
}
