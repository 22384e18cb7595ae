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
import { type Token, tokensOf } from './tokens.ts';
import { replacements } from './f-strings.ts';

/** How deep an expression may be nested. */
const MAX_DEPTH = 100;
/** How many operators or calls may stand in a row. */
const MAX_CHAIN = 500;

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
  return new Parser(tokensOf(text), depth).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth: number;

  constructor(tokens: readonly Token[], depth: number) {
    this.#tokens = tokens;
    this.#depth = depth;
  }

  whole(): Node {
    if (this.#next.kind === 'end') throw new SyntaxFault('is empty', 0);
    const node = this.#listed();
    this.#needEnd();
    return node;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #needEnd(): void {
    const next = this.#next;
    if (next.kind === 'end') return;
    if (this.#is('=')) throw new SyntaxFault('has an assignment (=); to compare, write ==', next.at);
    if (this.#is(';')) throw new SyntaxFault('is more than one expression', next.at);
    throw new SyntaxFault(`has ${shown(next)} where nothing more is expected`, next.at);
  }

  #is(text: string): boolean {
    const next = this.#next;
    return (next.kind === 'operator' || next.kind === 'name') && next.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #need(text: string): void {
    const next = this.#next;
    if (!this.#take(text)) throw new SyntaxFault(`has ${shown(next)} where ${text} is expected`, next.at);
  }

  /** An expression, or several with commas between them: a tuple. */
  #listed(): Node {
    const { at } = this.#next;
    const first = this.#item();
    if (!first.spread && !this.#is(',')) return first.value;
    const items = [first];
    while (this.#take(',')) {
      if (this.#isClosing()) break;
      items.push(this.#item());
    }
    return { kind: 'tuple', at, items };
  }

  #isClosing(): boolean {
    return this.#next.kind === 'end' || this.#is(')') || this.#is(']') || this.#is('}');
  }

  #item(): Item {
    const spread = this.#take('*');
    return { spread, value: spread ? this.#binary(0) : this.#expression() };
  }

  #expression(): Node {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxFault(`is nested deeper than ${MAX_DEPTH} levels`, this.#next.at);
    const node = this.#conditional();
    this.#depth--;
    return node;
  }

  #conditional(): Node {
    const { at } = this.#next;
    if (this.#is('lambda')) throw new SyntaxFault('has a lambda; only expressions are allowed', at);
    const then = this.#or();
    if (!this.#take('if')) return then;
    const test = this.#or();
    this.#need('else');
    return { kind: 'if', at, test, then, otherwise: this.#expression() };
  }

  #or(): Node {
    return this.#joined('or', () => this.#joined('and', () => this.#not()));
  }

  #joined(kind: 'and' | 'or', operand: () => Node): Node {
    const { at } = this.#next;
    const operands = [operand()];
    while (this.#take(kind)) operands.push(operand());
    return operands.length === 1 ? operands[0]! : { kind, at, operands };
  }

  #not(): Node {
    const { at } = this.#next;
    if (!this.#take('not')) return this.#comparison();
    if (++this.#depth > MAX_DEPTH) throw new SyntaxFault(`is nested deeper than ${MAX_DEPTH} levels`, at);
    const operand = this.#not();
    this.#depth--;
    return { kind: 'unary', at, operator: 'not', operand };
  }

  #comparison(): Node {
    const { at } = this.#next;
    const first = this.#binary(0);
    const rest: { operator: Comparison; operand: Node }[] = [];
    for (let operator = this.#comparing(); operator !== undefined; operator = this.#comparing()) {
      rest.push({ operator, operand: this.#binary(0) });
    }
    return rest.length === 0 ? first : { kind: 'compare', at, first, rest };
  }

  #comparing(): Comparison | undefined {
    const next = this.#next;
    if (next.kind === 'operator' && COMPARISONS.has(next.text)) {
      this.#at++;
      return next.text as Comparison;
    }
    if (this.#take('in')) return 'in';
    if (this.#take('is')) return this.#take('not') ? 'is not' : 'is';
    if (this.#is('not')) {
      this.#at++;
      this.#need('in');
      return 'not in';
    }
    return undefined;
  }

  #binary(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    const { at } = this.#next;
    let left = this.#binary(level + 1);
    for (let links = 0; ; links++) {
      this.#limit(links);
      const next = this.#next;
      const operator = next.kind === 'operator' ? operators.find((one) => one === next.text) : undefined;
      if (operator === undefined) return left;
      this.#at++;
      left = { kind: 'binary', at, operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Node {
    const { at } = this.#next;
    for (const operator of ['-', '+', '~'] as const) {
      if (!this.#take(operator)) continue;
      if (++this.#depth > MAX_DEPTH) throw new SyntaxFault(`is nested deeper than ${MAX_DEPTH} levels`, at);
      const operand = this.#unary();
      this.#depth--;
      return { kind: 'unary', at, operator, operand };
    }
    return this.#power();
  }

  #power(): Node {
    const { at } = this.#next;
    const left = this.#trailed();
    if (!this.#take('**')) return left;
    if (++this.#depth > MAX_DEPTH) throw new SyntaxFault(`is nested deeper than ${MAX_DEPTH} levels`, at);
    const right = this.#unary();
    this.#depth--;
    return { kind: 'binary', at, operator: '**', left, right };
  }

  /** An atom with what hangs on it: attributes, calls, subscripts. */
  #trailed(): Node {
    const { at } = this.#next;
    let node = this.#atom();
    for (let links = 0; ; links++) {
      this.#limit(links);
      if (this.#take('.') || this.#take('?.')) node = { kind: 'attribute', at, of: node, name: this.#attribute() };
      else if (this.#take('(')) node = { kind: 'call', at, callee: node, args: this.#arguments() };
      else if (this.#take('[')) node = this.#subscript(node, at);
      else return node;
    }
  }

  #limit(links: number): void {
    if (links > MAX_CHAIN) throw new SyntaxFault(`has more than ${MAX_CHAIN} steps in a row`, this.#next.at);
  }

  #attribute(): string {
    const next = this.#next;
    if (next.kind !== 'name') throw new SyntaxFault(`has ${shown(next)} where the name of a method is expected`, next.at);
    this.#at++;
    if (next.text.startsWith('_')) throw new SyntaxFault(`uses ${next.text}: names with _ in front are out of reach`, next.at);
    return next.text;
  }

  #arguments(): Argument[] {
    const args: Argument[] = [];
    while (!this.#take(')')) {
      if (args.length > 0) {
        this.#need(',');
        if (this.#take(')')) break;
      }
      args.push(this.#argument());
    }
    return args;
  }

  #argument(): Argument {
    const next = this.#next;
    const after = this.#tokens[this.#at + 1];
    if (this.#is('*') || this.#is('**')) throw new SyntaxFault('has arguments behind a star', next.at);
    if (next.kind === 'name' && after?.kind === 'operator' && after.text === '=') {
      this.#at += 2;
      return { name: next.text, value: this.#expression() };
    }
    const value = this.#expression();
    if (!this.#is('for')) return { name: undefined, value };
    const loops = this.#loops();
    return { name: undefined, value: { kind: 'comprehension', at: next.at, of: 'list', key: undefined, value, loops } };
  }

  #subscript(of: Node, at: number): Node {
    const start = this.#is(':') ? undefined : this.#listed();
    if (this.#take(']')) return { kind: 'index', at, of, key: start! };
    this.#need(':');
    const stop = this.#is(':') || this.#is(']') ? undefined : this.#expression();
    const step = this.#take(':') && !this.#is(']') ? this.#expression() : undefined;
    this.#need(']');
    return { kind: 'slice', at, of, start, stop, step };
  }

  #atom(): Node {
    const next = this.#next;
    const { at } = next;
    switch (next.kind) {
      case 'number':
        this.#at++;
        return { kind: 'constant', at, value: next.value };
      case 'string':
      case 'format':
        return this.#text();
      case 'name':
        return this.#name(next.text, at);
      case 'operator':
        if (this.#take('(')) return this.#parenthesis(at);
        if (this.#take('[')) return this.#list(at);
        if (this.#take('{')) return this.#braces(at);
        throw new SyntaxFault(`has ${shown(next)} where a value is expected`, at);
      default:
        throw new SyntaxFault('ends where a value is expected', at);
    }
  }

  #name(name: string, at: number): Node {
    if (RESERVED.has(name)) throw new SyntaxFault(`has ${name} where a value is expected`, at);
    this.#at++;
    if (name === 'None') return { kind: 'constant', at, value: null };
    if (name === 'True' || name === 'False') return { kind: 'constant', at, value: name === 'True' };
    return { kind: 'name', at, name };
  }

  /** Texts side by side are one text. */
  #text(): Node {
    const { at } = this.#next;
    const parts: (string | Replacement)[] = [];
    for (let next = this.#next; next.kind === 'string' || next.kind === 'format'; next = this.#next) {
      this.#at++;
      if (next.kind === 'string') parts.push(next.value);
      else parts.push(...replacements(next.body, { raw: next.raw, at: next.at, depth: this.#depth, parse: parseAt }));
    }
    if (parts.every((part) => typeof part === 'string')) return { kind: 'constant', at, value: parts.join('') };
    return { kind: 'text', at, parts };
  }

  #parenthesis(at: number): Node {
    if (this.#take(')')) return { kind: 'tuple', at, items: [] };
    const inner = this.#listed();
    if (this.#is('for')) {
      const node: Node = { kind: 'comprehension', at, of: 'list', key: undefined, value: inner, loops: this.#loops() };
      this.#need(')');
      return node;
    }
    this.#need(')');
    return inner;
  }

  #list(at: number): Node {
    if (this.#take(']')) return { kind: 'list', at, items: [] };
    const first = this.#item();
    if (this.#is('for')) {
      const loops = this.#loops();
      this.#need(']');
      return { kind: 'comprehension', at, of: 'list', key: undefined, value: first.value, loops };
    }
    return { kind: 'list', at, items: this.#items(first, ']') };
  }

  #items(first: Item, end: string): Item[] {
    const items = [first];
    while (!this.#take(end)) {
      this.#need(',');
      if (this.#take(end)) break;
      items.push(this.#item());
    }
    return items;
  }

  #braces(at: number): Node {
    if (this.#take('}')) return { kind: 'dict', at, members: [] };
    if (!this.#is('**')) {
      const first = this.#item();
      if (!this.#is(':')) {
        if (!this.#is('for')) return { kind: 'set', at, items: this.#items(first, '}') };
        const loops = this.#loops();
        this.#need('}');
        return { kind: 'comprehension', at, of: 'set', key: undefined, value: first.value, loops };
      }
      this.#need(':');
      const member = { key: first.value, value: this.#expression() };
      if (!this.#is('for')) return { kind: 'dict', at, members: this.#members(member) };
      const loops = this.#loops();
      this.#need('}');
      return { kind: 'comprehension', at, of: 'dict', ...member, loops };
    }
    return { kind: 'dict', at, members: this.#members(this.#member()) };
  }

  #member(): Member {
    if (this.#take('**')) return { key: undefined, value: this.#binary(0) };
    const key = this.#expression();
    this.#need(':');
    return { key, value: this.#expression() };
  }

  #members(first: Member): Member[] {
    const members = [first];
    while (!this.#take('}')) {
      this.#need(',');
      if (this.#take('}')) break;
      members.push(this.#member());
    }
    return members;
  }

  #loops(): Loop[] {
    const loops: Loop[] = [];
    while (this.#take('for')) {
      const target = this.#targets();
      this.#need('in');
      const iterable = this.#or();
      const conditions: Node[] = [];
      while (this.#take('if')) conditions.push(this.#or());
      loops.push({ target, iterable, conditions });
    }
    return loops;
  }

  #targets(): Target {
    const targets = [this.#target()];
    let isTuple = false;
    while (this.#take(',')) {
      isTuple = true;
      if (this.#is('in')) break;
      targets.push(this.#target());
    }
    return isTuple ? targets : targets[0]!;
  }

  #target(): Target {
    if (this.#take('(')) {
      const inner = this.#targets();
      this.#need(')');
      return inner;
    }
    const next = this.#next;
    if (next.kind !== 'name' || RESERVED.has(next.text)) {
      throw new SyntaxFault(`has ${shown(next)} where a name is expected`, next.at);
    }
    this.#at++;
    return next.text;
  }
}

function shown(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'its end';
    case 'number':
      return 'a number';
    case 'string':
    case 'format':
      return 'a text';
    default:
      return token.text;
  }
}
