import {
  type Argument,
  type BinaryOperator,
  type Comparison,
  type Item,
  type Loop,
  type Member,
  type Node,
  type Replacement,
  SyntaxFault,
  type Target,
} from './syntax.ts';
import { Cursor, shown } from './cursor.ts';
import { tokensOf } from './tokens.ts';
import { replacements } from './f-strings.ts';

/** Words that are not names. `try` is a function here. */
const RESERVED: ReadonlySet<string> = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return while with yield'.split(
    ' ',
  ),
);

/** Binary operators from those that bind least to those that bind most. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '//', '%']];

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Parses an expression: the part of Python's grammar that docs/stream-maps.md describes. Throws SyntaxFault. */
export function parseExpression(text: string): Node {
  return parseAt(text, 0);
}

function parseAt(text: string, depth: number): Node {
  return new Parser(new Cursor(tokensOf(text), depth)).whole();
}

class Parser {
  readonly #tokens: Cursor;

  constructor(tokens: Cursor) {
    this.#tokens = tokens;
  }

  whole(): Node {
    if (this.#tokens.next.kind === 'end') throw new SyntaxFault('is empty', 0);
    const node = this.#listed();
    this.#needEnd();
    return node;
  }

  #needEnd(): void {
    const next = this.#tokens.next;
    if (next.kind === 'end') return;
    if (this.#tokens.is('=')) throw new SyntaxFault('has an assignment (=); to compare, write ==', next.at);
    if (this.#tokens.is(';')) throw new SyntaxFault('is more than one expression', next.at);
    throw new SyntaxFault(`has ${shown(next)} where nothing more is expected`, next.at);
  }

  /** An expression, or several with commas between them: a tuple. */
  #listed(): Node {
    const { at } = this.#tokens.next;
    const first = this.#item();
    if (!first.spread && !this.#tokens.is(',')) return first.value;
    const items = [first];
    while (this.#tokens.take(',')) {
      if (this.#isClosing()) break;
      items.push(this.#item());
    }
    return { kind: 'tuple', at, items };
  }

  #isClosing(): boolean {
    return this.#tokens.next.kind === 'end' || this.#tokens.is(')') || this.#tokens.is(']') || this.#tokens.is('}');
  }

  #item(): Item {
    const spread = this.#tokens.take('*');
    return { spread, value: spread ? this.#binary(0) : this.#expression() };
  }

  #expression(): Node {
    return this.#tokens.deeper(this.#tokens.next.at, () => this.#conditional());
  }

  #conditional(): Node {
    const { at } = this.#tokens.next;
    if (this.#tokens.is('lambda')) throw new SyntaxFault('has a lambda; only expressions are allowed', at);
    const then = this.#or();
    if (!this.#tokens.take('if')) return then;
    const test = this.#or();
    this.#tokens.need('else');
    return { kind: 'if', at, test, then, otherwise: this.#expression() };
  }

  #or(): Node {
    return this.#joined('or', () => this.#joined('and', () => this.#not()));
  }

  #joined(kind: 'and' | 'or', operand: () => Node): Node {
    const { at } = this.#tokens.next;
    const operands = [operand()];
    while (this.#tokens.take(kind)) operands.push(operand());
    return operands.length === 1 ? operands[0]! : { kind, at, operands };
  }

  #not(): Node {
    const { at } = this.#tokens.next;
    if (!this.#tokens.take('not')) return this.#comparison();
    const operand = this.#tokens.deeper(at, () => this.#not());
    return { kind: 'unary', at, operator: 'not', operand };
  }

  #comparison(): Node {
    const { at } = this.#tokens.next;
    const first = this.#binary(0);
    const rest: { operator: Comparison; operand: Node }[] = [];
    for (let operator = this.#comparing(); operator !== undefined; operator = this.#comparing()) {
      rest.push({ operator, operand: this.#binary(0) });
    }
    return rest.length === 0 ? first : { kind: 'compare', at, first, rest };
  }

  #comparing(): Comparison | undefined {
    const next = this.#tokens.next;
    if (next.kind === 'operator' && COMPARISONS.has(next.text)) {
      this.#tokens.skip();
      return next.text as Comparison;
    }
    if (this.#tokens.take('in')) return 'in';
    if (this.#tokens.take('is')) return this.#tokens.take('not') ? 'is not' : 'is';
    if (this.#tokens.is('not')) {
      this.#tokens.skip();
      this.#tokens.need('in');
      return 'not in';
    }
    return undefined;
  }

  #binary(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    const { at } = this.#tokens.next;
    let left = this.#binary(level + 1);
    for (let links = 0; ; links++) {
      this.#tokens.limit(links);
      const next = this.#tokens.next;
      const operator = next.kind === 'operator' ? operators.find((one) => one === next.text) : undefined;
      if (operator === undefined) return left;
      this.#tokens.skip();
      left = { kind: 'binary', at, operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Node {
    const { at } = this.#tokens.next;
    for (const operator of ['-', '+', '~'] as const) {
      if (!this.#tokens.take(operator)) continue;
      const operand = this.#tokens.deeper(at, () => this.#unary());
      return { kind: 'unary', at, operator, operand };
    }
    return this.#power();
  }

  #power(): Node {
    const { at } = this.#tokens.next;
    const left = this.#trailed();
    if (!this.#tokens.take('**')) return left;
    const right = this.#tokens.deeper(at, () => this.#unary());
    return { kind: 'binary', at, operator: '**', left, right };
  }

  /** An atom with what hangs on it: attributes, calls, subscripts. */
  #trailed(): Node {
    const { at } = this.#tokens.next;
    let node = this.#atom();
    for (let links = 0; ; links++) {
      this.#tokens.limit(links);
      if (this.#tokens.take('.') || this.#tokens.take('?.')) node = { kind: 'attribute', at, of: node, name: this.#attribute() };
      else if (this.#tokens.take('(')) node = { kind: 'call', at, callee: node, args: this.#arguments() };
      else if (this.#tokens.take('[')) node = this.#subscript(node, at);
      else return node;
    }
  }

  #attribute(): string {
    const next = this.#tokens.next;
    if (next.kind !== 'name') throw new SyntaxFault(`has ${shown(next)} where the name of a method is expected`, next.at);
    this.#tokens.skip();
    if (next.text.startsWith('_')) throw new SyntaxFault(`uses ${next.text}: names with _ in front are out of reach`, next.at);
    return next.text;
  }

  #arguments(): Argument[] {
    const args: Argument[] = [];
    while (!this.#tokens.take(')')) {
      if (args.length > 0) {
        this.#tokens.need(',');
        if (this.#tokens.take(')')) break;
      }
      args.push(this.#argument());
    }
    return args;
  }

  #argument(): Argument {
    const next = this.#tokens.next;
    const { after } = this.#tokens;
    if (this.#tokens.is('*') || this.#tokens.is('**')) throw new SyntaxFault('has arguments behind a star', next.at);
    if (next.kind === 'name' && after?.kind === 'operator' && after.text === '=') {
      this.#tokens.skip();
      this.#tokens.skip();
      return { name: next.text, value: this.#expression() };
    }
    const value = this.#expression();
    if (!this.#tokens.is('for')) return { name: undefined, value };
    const loops = this.#loops();
    return { name: undefined, value: { kind: 'comprehension', at: next.at, of: 'list', key: undefined, value, loops } };
  }

  #subscript(of: Node, at: number): Node {
    const start = this.#tokens.is(':') ? undefined : this.#listed();
    if (this.#tokens.take(']')) return { kind: 'index', at, of, key: start! };
    this.#tokens.need(':');
    const stop = this.#tokens.is(':') || this.#tokens.is(']') ? undefined : this.#expression();
    const step = this.#tokens.take(':') && !this.#tokens.is(']') ? this.#expression() : undefined;
    this.#tokens.need(']');
    return { kind: 'slice', at, of, start, stop, step };
  }

  #atom(): Node {
    const next = this.#tokens.next;
    const { at } = next;
    switch (next.kind) {
      case 'number':
        this.#tokens.skip();
        return { kind: 'constant', at, value: next.value };
      case 'string':
      case 'format':
        return this.#text();
      case 'name':
        return this.#name(next.text, at);
      case 'operator':
        if (this.#tokens.take('(')) return this.#parenthesis(at);
        if (this.#tokens.take('[')) return this.#list(at);
        if (this.#tokens.take('{')) return this.#braces(at);
        throw new SyntaxFault(`has ${shown(next)} where a value is expected`, at);
      default:
        throw new SyntaxFault('ends where a value is expected', at);
    }
  }

  #name(name: string, at: number): Node {
    if (RESERVED.has(name)) throw new SyntaxFault(`has ${name} where a value is expected`, at);
    this.#tokens.skip();
    if (name === 'None') return { kind: 'constant', at, value: null };
    if (name === 'True' || name === 'False') return { kind: 'constant', at, value: name === 'True' };
    return { kind: 'name', at, name };
  }

  /** Texts side by side are one text. */
  #text(): Node {
    const { at } = this.#tokens.next;
    const parts: (string | Replacement)[] = [];
    for (let next = this.#tokens.next; next.kind === 'string' || next.kind === 'format'; next = this.#tokens.next) {
      this.#tokens.skip();
      if (next.kind === 'string') parts.push(next.value);
      else parts.push(...replacements(next.body, { raw: next.raw, at: next.at, depth: this.#tokens.depth, parse: parseAt }));
    }
    if (parts.every((part) => typeof part === 'string')) return { kind: 'constant', at, value: parts.join('') };
    return { kind: 'text', at, parts };
  }

  #parenthesis(at: number): Node {
    if (this.#tokens.take(')')) return { kind: 'tuple', at, items: [] };
    const inner = this.#listed();
    if (this.#tokens.is('for')) {
      const node: Node = { kind: 'comprehension', at, of: 'list', key: undefined, value: inner, loops: this.#loops() };
      this.#tokens.need(')');
      return node;
    }
    this.#tokens.need(')');
    return inner;
  }

  #list(at: number): Node {
    if (this.#tokens.take(']')) return { kind: 'list', at, items: [] };
    const first = this.#item();
    if (this.#tokens.is('for')) {
      const loops = this.#loops();
      this.#tokens.need(']');
      return { kind: 'comprehension', at, of: 'list', key: undefined, value: first.value, loops };
    }
    return { kind: 'list', at, items: this.#items(first, ']') };
  }

  #items(first: Item, end: string): Item[] {
    const items = [first];
    while (!this.#tokens.take(end)) {
      this.#tokens.need(',');
      if (this.#tokens.take(end)) break;
      items.push(this.#item());
    }
    return items;
  }

  #braces(at: number): Node {
    if (this.#tokens.take('}')) return { kind: 'dict', at, members: [] };
    if (!this.#tokens.is('**')) {
      const first = this.#item();
      if (!this.#tokens.is(':')) {
        if (!this.#tokens.is('for')) return { kind: 'set', at, items: this.#items(first, '}') };
        const loops = this.#loops();
        this.#tokens.need('}');
        return { kind: 'comprehension', at, of: 'set', key: undefined, value: first.value, loops };
      }
      this.#tokens.need(':');
      const member = { key: first.value, value: this.#expression() };
      if (!this.#tokens.is('for')) return { kind: 'dict', at, members: this.#members(member) };
      const loops = this.#loops();
      this.#tokens.need('}');
      return { kind: 'comprehension', at, of: 'dict', ...member, loops };
    }
    return { kind: 'dict', at, members: this.#members(this.#member()) };
  }

  #member(): Member {
    if (this.#tokens.take('**')) return { key: undefined, value: this.#binary(0) };
    const key = this.#expression();
    this.#tokens.need(':');
    return { key, value: this.#expression() };
  }

  #members(first: Member): Member[] {
    const members = [first];
    while (!this.#tokens.take('}')) {
      this.#tokens.need(',');
      if (this.#tokens.take('}')) break;
      members.push(this.#member());
    }
    return members;
  }

  #loops(): Loop[] {
    const loops: Loop[] = [];
    while (this.#tokens.take('for')) {
      const target = this.#targets();
      this.#tokens.need('in');
      const iterable = this.#or();
      const conditions: Node[] = [];
      while (this.#tokens.take('if')) conditions.push(this.#or());
      loops.push({ target, iterable, conditions });
    }
    return loops;
  }

  #targets(): Target {
    const targets = [this.#target()];
    let isTuple = false;
    while (this.#tokens.take(',')) {
      isTuple = true;
      if (this.#tokens.is('in')) break;
      targets.push(this.#target());
    }
    return isTuple ? targets : targets[0]!;
  }

  #target(): Target {
    if (this.#tokens.take('(')) {
      const inner = this.#targets();
      this.#tokens.need(')');
      return inner;
    }
    const next = this.#tokens.next;
    if (next.kind !== 'name' || RESERVED.has(next.text)) {
      throw new SyntaxFault(`has ${shown(next)} where a name is expected`, next.at);
    }
    this.#tokens.skip();
    return next.text;
  }
}
