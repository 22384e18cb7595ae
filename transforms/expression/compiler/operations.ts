/** Constants, operators, comparisons and choices. */
import { spend } from '../budget.ts';
import { binary, binaryType, comparison, unary } from '../operators.ts';
import type { Comparison, Constant, Node } from '../syntax.ts';
import { BOOLEAN, FLOATING, INTEGER, Kinds, mayBe, notNone, typeOfValue, union } from '../types.ts';
import { floatOf, intOf, isTrue } from '../values.ts';
import type { Compiling, Part } from './part.ts';

const { null: NULL } = Kinds;

export function unaryPart(compiler: Compiling, { at, operand, operator }: Node & { readonly kind: 'unary' }): Part {
  const of = compiler.part(operand);
  if (operator === 'not') return { type: BOOLEAN, run: (turn) => !isTrue(of.run(turn)) };
  const NUMERIC = Kinds.bool | Kinds.int | Kinds.float;
  if (!mayBe(of.type, NUMERIC | NULL | Kinds.span)) return compiler.wrong(`${operator} takes a number`, at);
  const kinds =
    (of.type.kinds & (NULL | Kinds.float | Kinds.span)) | ((of.type.kinds & (Kinds.bool | Kinds.int)) === 0 ? 0 : Kinds.int);
  const number = operator === '-' && of.literal !== undefined ? unary('-', of.literal) : undefined;
  return {
    type: { kinds },
    ...(number === undefined ? {} : { literal: number }),
    run(turn) {
      const value = of.run(turn);
      return value === null ? null : unary(operator, value);
    },
  };
}

export function binaryPart(
  compiler: Compiling,
  { at, left: leftNode, operator, right: rightNode }: Node & { readonly kind: 'binary' },
): Part {
  const [left, right] = [compiler.part(leftNode), compiler.part(rightNode)];
  const type = binaryType(operator, left.type, { type: right.type, literal: right.literal });
  if (type === undefined) return compiler.wrong(`${operator} does not take values of these types`, at);
  return {
    type,
    run(turn) {
      const a = left.run(turn);
      const b = right.run(turn);
      const value = binary(operator, a, b);
      spend(turn, value);
      return value;
    },
  };
}

export function junction(compiler: Compiling, kind: 'and' | 'or', operands: readonly Node[]): Part {
  const parts = operands.map((operand) => compiler.part(operand));
  const last = parts.at(-1)!;
  const before = parts.slice(0, -1);
  const types = before.map(({ type }) => (kind === 'or' ? notNone(type) : type));
  return {
    type: [...types, last.type].reduce(union),
    run(turn) {
      for (const part of before) {
        const value = part.run(turn);
        if (isTrue(value) === (kind === 'or')) return value;
      }
      return last.run(turn);
    },
  };
}

export function compare(compiler: Compiling, { first, rest }: Node & { readonly kind: 'compare' }): Part {
  const start = compiler.part(first);
  const links = rest.map(({ operand, operator }) => ({ operator, part: compiler.part(operand) }));
  const [only] = links;
  if (links.length === 1) return compared(start, only!);
  return {
    type: BOOLEAN,
    run(turn) {
      let left = start.run(turn);
      for (const { operator, part } of links) {
        const right = part.run(turn);
        if (!comparison(operator, left, right)) return false;
        left = right;
      }
      return true;
    },
  };
}

export function choice(compiler: Compiling, { otherwise, test, then }: Node & { readonly kind: 'if' }): Part {
  const [condition, yes, no] = [compiler.part(test), compiler.part(then), compiler.part(otherwise)];
  return {
    type: union(yes.type, no.type),
    run: (turn) => (isTrue(condition.run(turn)) ? yes.run(turn) : no.run(turn)),
  };
}

function compared(left: Part, { operator, part: right }: { operator: Comparison; part: Part }): Part {
  return { type: BOOLEAN, run: (turn) => comparison(operator, left.run(turn), right.run(turn)) };
}

export function constant(value: Constant): Part {
  if (typeof value === 'object' && value !== null) {
    const number = floatOf(value.float);
    return { type: FLOATING, run: () => number, literal: number };
  }
  if (typeof value === 'bigint') {
    const number = intOf(value);
    return { type: INTEGER, run: () => number, literal: number };
  }
  return { type: typeOfValue(value), run: () => value, literal: value };
}
