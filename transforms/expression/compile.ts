import { call } from './compiler/calls.ts';
import { comprehension, dict, items } from './compiler/collections.ts';
import { attribute, index, slice, variable } from './compiler/names.ts';
import { binaryPart, choice, compare, constant, junction, unaryPart } from './compiler/operations.ts';
import type { Compiling, Names, Part } from './compiler/part.ts';
import { text } from './compiler/texts.ts';
import type { Node } from './syntax.ts';
import { ANY } from './types.ts';

export type { Names, Part, Variable } from './compiler/part.ts';

/** Compiles a tree into closures. `report` is told what is wrong, with the place in the text. */
export function compileTree(node: Node, names: Names, report: (message: string, at: number) => void): Part {
  const compiler: Compiling = {
    names,
    locals: [],
    slots: 0,
    part: (node) => partOf(compiler, node),
    report,
    wrong(message, at) {
      report(message, at);
      return { type: ANY, run: () => null };
    },
  };
  return compiler.part(node);
}

function partOf(compiler: Compiling, node: Node): Part {
  switch (node.kind) {
    case 'constant':
      return constant(node.value);
    case 'name':
      return variable(compiler, node.name, node.at);
    case 'attribute':
      return attribute(compiler, node);
    case 'index':
      return index(compiler, node);
    case 'slice':
      return slice(compiler, node);
    case 'call':
      return call(compiler, node);
    case 'unary':
      return unaryPart(compiler, node);
    case 'binary':
      return binaryPart(compiler, node);
    case 'and':
    case 'or':
      return junction(compiler, node.kind, node.operands);
    case 'compare':
      return compare(compiler, node);
    case 'if':
      return choice(compiler, node);
    case 'list':
    case 'tuple':
    case 'set':
      return items(compiler, node.kind, node.items);
    case 'dict':
      return dict(compiler, node.members);
    case 'comprehension':
      return comprehension(compiler, node);
    default:
      return text(compiler, node.parts);
  }
}
