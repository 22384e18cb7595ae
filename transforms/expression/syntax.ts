/** An expression as a tree. `at` is where it begins in the text. */
export type Node =
  | { readonly kind: 'constant'; readonly at: number; readonly value: Constant }
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'attribute'; readonly at: number; readonly of: Node; readonly name: string }
  | { readonly kind: 'index'; readonly at: number; readonly of: Node; readonly key: Node }
  | {
      readonly kind: 'slice';
      readonly at: number;
      readonly of: Node;
      readonly start: Node | undefined;
      readonly stop: Node | undefined;
      readonly step: Node | undefined;
    }
  | { readonly kind: 'call'; readonly at: number; readonly callee: Node; readonly args: readonly Argument[] }
  | { readonly kind: 'unary'; readonly at: number; readonly operator: UnaryOperator; readonly operand: Node }
  | {
      readonly kind: 'binary';
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: 'and' | 'or'; readonly at: number; readonly operands: readonly Node[] }
  | {
      readonly kind: 'compare';
      readonly at: number;
      readonly first: Node;
      readonly rest: readonly { readonly operator: Comparison; readonly operand: Node }[];
    }
  | { readonly kind: 'if'; readonly at: number; readonly test: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly kind: 'list' | 'tuple' | 'set'; readonly at: number; readonly items: readonly Item[] }
  | { readonly kind: 'dict'; readonly at: number; readonly members: readonly Member[] }
  | {
      readonly kind: 'comprehension';
      readonly at: number;
      readonly of: 'list' | 'set' | 'dict';
      /** The key, for a dict. */
      readonly key: Node | undefined;
      readonly value: Node;
      readonly loops: readonly Loop[];
    }
  | { readonly kind: 'text'; readonly at: number; readonly parts: readonly (string | Replacement)[] };

export type Constant = null | boolean | string | bigint | { readonly float: number };
export type UnaryOperator = '-' | '+' | '~' | 'not';
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '&' | '|' | '^' | '<<' | '>>';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in' | 'is' | 'is not';

export interface Argument {
  /** For a keyword argument. */
  readonly name: string | undefined;
  readonly value: Node;
}

/** `spread`: it stands behind a star. */
export interface Item {
  readonly spread: boolean;
  readonly value: Node;
}

/** Without a key: `**value`. */
export interface Member {
  readonly key: Node | undefined;
  readonly value: Node;
}

/** `for target in iterable if …`. */
export interface Loop {
  readonly target: Target;
  readonly iterable: Node;
  readonly conditions: readonly Node[];
}

export type Target = string | readonly Target[];

/** `{value!r:spec}` in an f-string. */
export interface Replacement {
  readonly value: Node;
  readonly conversion: 'r' | 's' | 'a' | undefined;
  readonly spec: readonly (string | Replacement)[];
}

/** What is wrong with an expression, told to its author. */
export class SyntaxFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'SyntaxFault';
    this.at = at;
  }
}
