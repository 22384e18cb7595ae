import { type Json } from '../../../singer/index.ts';
import type { Keys } from '../../keys.ts';
import type { Fields } from '../../operation.ts';
import { type Turn } from '../budget.ts';
import type { Node } from '../syntax.ts';
import { type Type } from '../types.ts';
import { type Value } from '../values.ts';

/** What a name stands for. */
export interface Variable {
  readonly type: Type;
  /** Undefined: the record has no such field; an expression then reads null. */
  read(record: Fields): Json | undefined;
}

/** The names of an expression. */
export interface Names {
  /** Undefined: there is no such name. */
  find(name: string): Variable | undefined;
  /** The value of a name that is the same for all records. */
  constant(name: string): Json | undefined;
  /** A field by its name, for `record['…']`; undefined if the name does not stand for the record, and `missing` if the schema has no such field. */
  member(record: string, name: string): Variable | 'missing' | undefined;
  /** All of them, for the nearest to a mistyped one. */
  readonly all: readonly string[];
  /** The fields are not known yet: any name may be one, that of a module, too. */
  readonly areOpen: boolean;
  /** Why a name is refused, if it is one of another system that is known. */
  refused(name: string): string | undefined;
  readonly keys: Keys;
  /** Is told of a function that hides its subject. */
  hides(): void;
}

/** A part of an expression, ready to run. */
export interface Part {
  readonly type: Type;
  readonly run: (turn: Turn) => Value;
  /** Its value, if it is written out. */
  readonly literal?: Value;
}

/** What the files of the compiler share. */
export interface Compiling {
  readonly names: Names;
  /** Names of the comprehensions around, innermost last. */
  locals: readonly { readonly name: string; readonly slot: number; readonly type: Type }[];
  /** Places that local names have taken so far. */
  slots: number;
  /** Compiles a part of the tree. */
  part(node: Node): Part;
  /** Tells what is wrong, with the place in the text. */
  report(message: string, at: number): void;
  /** The same, and gives a part that stands in for the wrong one. */
  wrong(message: string, at: number): Part;
}
