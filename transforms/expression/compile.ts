import { type Json, nearest } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import type { Keys } from '../keys.ts';
import type { Fields } from '../operation.ts';
import { indexed, mappingOf, memberOfType, memberOr, sliced } from './access.ts';
import { MAX_ROUNDS, spend, spendRound, type Turn } from './budget.ts';
import type { Callable } from './callable.ts';
import { formatValue } from './format.ts';
import { functions } from './functions.ts';
import { limited } from './json-functions.ts';
import { METHODS, methodsOf, resultOf } from './methods.ts';
import { isFloat, toDouble } from './numbers.ts';
import { binary, binaryType, comparison, unary } from './operators.ts';
import { reprOf, textOf } from './show.ts';
import type { Argument, Comparison, Constant, Item, Loop, Member, Node, Replacement, Target } from './syntax.ts';
import { timeAttribute, timeAttributeType, timeConstants } from './time-members.ts';
import {
  ANY,
  BOOLEAN,
  dictOf,
  FLOATING,
  INTEGER,
  itemType,
  Kinds,
  listOf,
  mayBe,
  NONE,
  notNone,
  orNone,
  TEXT,
  type Type,
  typeOfValue,
  union,
} from './types.ts';
import {
  Dict,
  fault,
  floatOf,
  intOf,
  isObject,
  isTrue,
  itemsOf,
  numericOf,
  Tuple,
  typeName,
  type Value,
  ValueSet,
} from './values.ts';

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

const { dict: DICT, list: LIST, null: NULL, set: SET, str: STR } = Kinds;

/** Compiles a tree into closures. `report` is told what is wrong, with the place in the text. */
export function compileTree(node: Node, names: Names, report: (message: string, at: number) => void): Part {
  return new Compiler(names, report).part(node);
}

class Compiler {
  readonly #names: Names;
  readonly #report: (message: string, at: number) => void;
  /** Names of the comprehensions around, innermost last. */
  #locals: { readonly name: string; readonly slot: number; readonly type: Type }[] = [];
  #slots = 0;

  constructor(names: Names, report: (message: string, at: number) => void) {
    this.#names = names;
    this.#report = report;
  }

  part(node: Node): Part {
    switch (node.kind) {
      case 'constant':
        return constant(node.value);
      case 'name':
        return this.#name(node.name, node.at);
      case 'attribute':
        return this.#attribute(node);
      case 'index':
        return this.#index(node);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'and':
      case 'or':
        return this.#junction(node.kind, node.operands);
      case 'compare':
        return this.#compare(node);
      case 'if':
        return this.#choice(node);
      case 'list':
      case 'tuple':
      case 'set':
        return this.#items(node.kind, node.items);
      case 'dict':
        return this.#dict(node.members);
      case 'comprehension':
        return this.#comprehension(node);
      default:
        return this.#text(node.parts);
    }
  }

  #wrong(message: string, at: number): Part {
    this.#report(message, at);
    return { type: ANY, run: () => null };
  }

  #name(name: string, at: number): Part {
    const local = this.#locals.findLast((local) => local.name === name);
    if (local !== undefined) return { type: local.type, run: (turn) => turn.locals[local.slot]! };
    const variable = this.#names.find(name);
    if (variable === undefined) return this.#wrong(this.#unknown(name), at);
    return { type: variable.type, run: (turn) => variable.read(turn.record) ?? null };
  }

  #unknown(name: string): string {
    const refused = this.#names.refused(name);
    if (refused !== undefined) return refused;
    const near = nearest(name, [...this.#names.all, ...this.#locals.map((local) => local.name)]);
    return `there is no field or name ${name}${near === undefined ? '' : `; did you mean ${near}?`}`;
  }

  /** `datetime.date` of the tree, if that is what it is and no field or local name has its first part. */
  #dotted(node: Node): string | undefined {
    if (node.kind === 'name') {
      const isTaken = this.#isLocal(node.name) || this.#names.find(node.name) !== undefined;
      return !isTaken && MODULES.has(node.name) ? node.name : undefined;
    }
    if (node.kind !== 'attribute') return undefined;
    const above = this.#dotted(node.of);
    return above === undefined ? undefined : `${above}.${node.name}`;
  }

  #attribute(node: Node & { readonly kind: 'attribute' }): Part {
    const dotted = this.#dotted(node);
    if (dotted !== undefined) {
      const known = Object.hasOwn(timeConstants, dotted) ? timeConstants[dotted] : undefined;
      if (known === undefined) return this.#wrong(`there is no ${dotted}`, node.at);
      return { type: known.type, run: () => known.value };
    }
    const { name } = node;
    const field = this.#field(node.of, name, node.at);
    if (field !== undefined) return field;
    const of = this.part(node.of);
    const type = this.#attributeType(of.type, name);
    if (type === undefined) return this.#wrong(`a value of this type has no ${name}`, node.at);
    return {
      type: mayBe(of.type, NULL) ? orNone(type) : type,
      run(turn) {
        const value = of.run(turn);
        if (value === null) return null;
        if (value instanceof Dict || isObject(value)) return memberOr(value, { key: name, type: of.type });
        const found = timeAttribute(value, name);
        if (found === undefined) throw fault(`${typeName(value)} has no ${name}`);
        return found;
      },
    };
  }

  #attributeType(of: Type, name: string): Type | undefined {
    const isTime = mayBe(of, Kinds.day | Kinds.moment | Kinds.span);
    const time = isTime ? timeAttributeType(name) : undefined;
    if (!mayBe(of, DICT)) return time ?? (of.kinds === NULL ? NONE : undefined);
    const member = memberOfType(of, name);
    return time === undefined ? member : union(time, member);
  }

  /** `record['name']` and the like; undefined if it is none. */
  #field(of: Node, name: string, at: number): Part | undefined {
    if (of.kind !== 'name' || this.#isLocal(of.name)) return undefined;
    const constant = this.#names.constant(of.name);
    if (constant !== undefined && isObject(constant) && !Object.hasOwn(constant, name)) {
      const near = nearest(name, Object.keys(constant));
      return this.#wrong(`${of.name} has no ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
    }
    const field = this.#names.member(of.name, name);
    if (field === undefined) return undefined;
    if (field === 'missing') {
      const near = nearest(name, this.#names.all);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      return this.#wrong(`the schema has no field ${name}${hint} (get('${name}') reads it where a record has it)`, at);
    }
    return { type: field.type, run: (turn) => field.read(turn.record) ?? null };
  }

  #isLocal(name: string): boolean {
    return this.#locals.some((local) => local.name === name);
  }

  #index({ at, key: keyNode, of: ofNode }: Node & { readonly kind: 'index' }): Part {
    const key = this.part(keyNode);
    const name = typeof key.literal === 'string' ? key.literal : undefined;
    const field = name === undefined ? undefined : this.#field(ofNode, name, at);
    if (field !== undefined) return field;
    const of = this.part(ofNode);
    if (!mayBe(of.type, NULL | DICT | LIST | STR)) return this.#wrong('a value of this type has no parts', at);
    let type: Type = { kinds: of.type.kinds & NULL };
    if (mayBe(of.type, DICT)) type = union(type, memberOfType(of.type, name));
    if (mayBe(of.type, LIST)) type = union(type, itemType({ ...of.type, kinds: LIST }));
    if (mayBe(of.type, STR)) type = union(type, TEXT);
    return {
      type,
      run(turn) {
        const value = of.run(turn);
        return value === null ? null : indexed(value, key.run(turn), of.type);
      },
    };
  }

  #slice(node: Node & { readonly kind: 'slice' }): Part {
    const of = this.part(node.of);
    const [start, stop, step] = [node.start, node.stop, node.step].map((part) =>
      part === undefined ? undefined : this.part(part),
    );
    if (!mayBe(of.type, NULL | LIST | STR)) return this.#wrong('a value of this type has no slices', node.at);
    const bare: Type = {
      kinds: of.type.kinds & (NULL | LIST | STR),
      ...(mayBe(of.type, LIST) ? { items: itemType({ ...of.type, kinds: LIST }) } : {}),
    };
    return {
      type: bare,
      run(turn) {
        const value = of.run(turn);
        const [from, to, by] = [bound(start, turn), bound(stop, turn), bound(step, turn) ?? 1];
        if (value === null) return null;
        if (by === 0) throw fault('a slice with a step of 0');
        return sliced(value, { start: from, stop: to, step: by });
      },
    };
  }

  #call({ args, at, callee }: Node & { readonly kind: 'call' }): Part {
    if (callee.kind === 'name' && callee.name === 'try') return this.#attempt(args, at);
    const dotted = callee.kind === 'name' ? callee.name : this.#dotted(callee);
    if (dotted !== undefined) return this.#function(dotted, args, at);
    if (callee.kind === 'attribute') return this.#method(callee, args, at);
    return this.#wrong('only functions and methods can be called', at);
  }

  #attempt(args: readonly Argument[], at: number): Part {
    const [tried, otherwise] = args.map(({ value }) => this.part(value));
    if (tried === undefined || args.length > 2 || args.some(({ name }) => name !== undefined)) {
      return this.#wrong('try takes an expression and what stands in for it', at);
    }
    const type = otherwise === undefined ? orNone(tried.type) : union(tried.type, otherwise.type);
    return {
      type,
      run(turn) {
        try {
          return tried.run(turn);
        } catch (error) {
          // A budget stays spent.
          if (!(error instanceof ValueFault) || error.rule !== 'expression-failed') throw error;
          return otherwise === undefined ? null : otherwise.run(turn);
        }
      },
    };
  }

  #function(name: string, args: readonly Argument[], at: number): Part {
    const callable = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (callable === undefined) {
      const refused = this.#names.refused(name);
      const near = nearest(name, Object.keys(functions));
      return this.#wrong(refused ?? `there is no function ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
    }
    const parts = this.#arguments(name, { callable, args, at });
    if (parts === undefined) return { type: ANY, run: () => null };
    return this.#applied(callable, parts, at);
  }

  #method(callee: Node & { readonly kind: 'attribute' }, args: readonly Argument[], at: number): Part {
    const refused = callee.of.kind === 'name' ? this.#names.refused(callee.of.name) : undefined;
    if (refused !== undefined) return this.#wrong(refused, at);
    const of = this.part(callee.of);
    const { name } = callee;
    const found = METHODS.filter(({ kinds, methods }) => mayBe(of.type, kinds) && Object.hasOwn(methods, name));
    if (found.length === 0) {
      if (of.type.kinds === NULL) return { type: NONE, run: () => null };
      const known = METHODS.filter(({ kinds }) => mayBe(of.type, kinds)).flatMap(({ methods }) => Object.keys(methods));
      const near = nearest(name, known);
      return this.#wrong(`a value of this type has no method ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
    }
    // All methods of one name take the same arguments, but for the number of those that may be left out.
    const widest = found.map(({ methods }) => methods[name]!).toSorted((a, b) => b.takes.length - a.takes.length)[0]!;
    const parts = this.#arguments(name, { callable: widest, args, at });
    if (parts === undefined) return { type: ANY, run: () => null };
    const types = [of.type, ...parts.map((part) => part?.type)];
    const results = found.map(({ kinds, methods }) =>
      resultOf(methods[name]!, [{ ...notNone(of.type), kinds: of.type.kinds & kinds }, ...types.slice(1)], {
        method: name,
        key: parts[0]?.literal,
      }),
    );
    const result = results.reduce(union);
    return {
      type: mayBe(of.type, NULL) ? orNone(result) : result,
      run: (turn) => {
        const self = of.run(turn);
        if (self === null) return null;
        const methods = methodsOf(self);
        if (methods === undefined || !Object.hasOwn(methods, name)) throw fault(`${typeName(self)} has no method ${name}`);
        spend(turn, self);
        const given = parts.map((part) => part?.run(turn));
        const value = methods[name]!.call!([self, ...given]);
        spend(turn, value);
        return value;
      },
    };
  }

  #applied(callable: Callable, parts: readonly (Part | undefined)[], at: number): Part {
    const literals = parts.map((part) => (typeof part?.literal === 'string' ? part.literal : undefined));
    const tools = { keys: this.#names.keys, problem: (message: string) => this.#report(message, at) };
    const call = callable.bind?.(literals, tools) ?? callable.call!;
    const { subject = 0, takesNull } = callable;
    if (callable.hides === true) this.#names.hides();
    const types = parts.map((part) => part?.type);
    const isNullable = takesNull !== true && types[subject] !== undefined && mayBe(types[subject], NULL);
    const seen = isNullable ? types.map((type, i) => (i === subject ? notNone(type!) : type)) : types;
    const result = typeof callable.type === 'function' ? callable.type(seen) : callable.type;
    return {
      type: isNullable ? orNone(result) : result,
      run(turn) {
        const args = parts.map((part) => part?.run(turn));
        if (takesNull !== true && args[subject] === null) return null;
        spend(turn, args[subject] ?? null);
        const value = call(args);
        spend(turn, value);
        return value;
      },
    };
  }

  /** Arguments in the order in which the function takes them; undefined if something is wrong with them, which was told. */
  #arguments(
    name: string,
    { callable, args, at }: { callable: Callable; args: readonly Argument[]; at: number },
  ): (Part | undefined)[] | undefined {
    const takes = callable.takes === '' ? [] : callable.takes.split(' ');
    const parts: (Part | undefined)[] = [];
    let isRight = true;
    const wrong = (message: string): void => {
      isRight = false;
      this.#report(message, at);
    };
    args.forEach((arg, i) => {
      const part = this.part(arg.value);
      if (arg.name === undefined) {
        if (takes[0] !== '*' && i >= takes.length) return wrong(`${name} takes ${takes.length} arguments at most`);
        parts[i] = part;
        return undefined;
      }
      const index = takes.findIndex((one) => one.replace('?', '') === arg.name);
      if (index < 0) return wrong(`${name} takes no argument ${arg.name}`);
      if (parts[index] !== undefined) return wrong(`${name} is given ${arg.name} twice`);
      parts[index] = part;
      return undefined;
    });
    const missing = takes.filter((one, i) => !one.endsWith('?') && parts[i] === undefined);
    if (missing.length > 0) wrong(`${name} needs ${missing.map((one) => (one === '*' ? 'an argument' : one)).join(' and ')}`);
    if (!isRight) return undefined;
    const filled = Array.from(parts);
    const literals = callable.literal?.map((index) => filled[index]);
    if (literals?.some((part) => part !== undefined && typeof part.literal !== 'string') === true) {
      wrong(
        `${name} needs ${callable.literal!.map((index) => takes[index]!.replace('?', '')).join(' and ')} written out as text`,
      );
    }
    return isRight ? filled : undefined;
  }

  #unary({ at, operand, operator }: Node & { readonly kind: 'unary' }): Part {
    const of = this.part(operand);
    if (operator === 'not') return { type: BOOLEAN, run: (turn) => !isTrue(of.run(turn)) };
    const NUMERIC = Kinds.bool | Kinds.int | Kinds.float;
    if (!mayBe(of.type, NUMERIC | NULL | Kinds.span)) return this.#wrong(`${operator} takes a number`, at);
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

  #binary({ at, left: leftNode, operator, right: rightNode }: Node & { readonly kind: 'binary' }): Part {
    const [left, right] = [this.part(leftNode), this.part(rightNode)];
    const type = binaryType(operator, left.type, { type: right.type, literal: right.literal });
    if (type === undefined) return this.#wrong(`${operator} does not take values of these types`, at);
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

  #junction(kind: 'and' | 'or', operands: readonly Node[]): Part {
    const parts = operands.map((operand) => this.part(operand));
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

  #compare({ first, rest }: Node & { readonly kind: 'compare' }): Part {
    const start = this.part(first);
    const links = rest.map(({ operand, operator }) => ({ operator, part: this.part(operand) }));
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

  #choice({ otherwise, test, then }: Node & { readonly kind: 'if' }): Part {
    const [condition, yes, no] = [this.part(test), this.part(then), this.part(otherwise)];
    return {
      type: union(yes.type, no.type),
      run: (turn) => (isTrue(condition.run(turn)) ? yes.run(turn) : no.run(turn)),
    };
  }

  #items(kind: 'list' | 'tuple' | 'set', items: readonly Item[]): Part {
    const parts = items.map(({ spread, value }) => ({ spread, part: this.part(value) }));
    const itemTypes = parts.map(({ spread, part }) => (spread ? itemType(part.type) : part.type));
    const values = (turn: Turn): Value[] => {
      const values: Value[] = [];
      for (const { part, spread } of parts) {
        const value = part.run(turn);
        if (spread) values.push(...itemsOf(value));
        else values.push(value);
        if (values.length > MAX_ROUNDS * 10) throw fault('a list that is too long');
      }
      return values;
    };
    const type: Type = { kinds: kind === 'set' ? SET : LIST, items: itemTypes.reduce(union, { kinds: 0 }) };
    if (kind === 'list') return { type, run: values };
    return { type, run: kind === 'tuple' ? (turn) => new Tuple(values(turn)) : (turn) => new ValueSet(values(turn)) };
  }

  #dict(members: readonly Member[]): Part {
    const parts = members.map(({ key, value }) => ({
      key: key === undefined ? undefined : this.part(key),
      value: this.part(value),
    }));
    return {
      type: dictType(parts),
      run(turn) {
        const dict = new Dict();
        for (const { key, value } of parts) {
          if (key !== undefined) dict.set(key.run(turn), value.run(turn));
          else for (const [name, member] of mappingOf(value.run(turn))) dict.set(name, member);
        }
        return dict;
      },
    };
  }

  #comprehension(node: Node & { readonly kind: 'comprehension' }): Part {
    const outer = this.#locals;
    const loops = node.loops.map((loop) => this.#loop(loop));
    const key = node.key === undefined ? undefined : this.part(node.key);
    const value = this.part(node.value);
    this.#locals = outer;
    const each = (turn: Turn, take: () => void): void => goThrough(turn, { loops, index: 0, take });
    if (key !== undefined) {
      const type: Type = { kinds: DICT, items: value.type };
      return {
        type,
        run(turn) {
          const dict = new Dict();
          each(turn, () => dict.set(key.run(turn), value.run(turn)));
          return dict;
        },
      };
    }
    const values = (turn: Turn): Value[] => {
      const values: Value[] = [];
      each(turn, () => values.push(value.run(turn)));
      return values;
    };
    if (node.of === 'list') return { type: listOf(value.type), run: values };
    return { type: { kinds: SET, items: value.type }, run: (turn) => new ValueSet(values(turn)) };
  }

  #loop({ conditions, iterable, target }: Loop): CompiledLoop {
    const items = this.part(iterable);
    const assign = this.#target(target, itemType(items.type));
    return { items, assign, conditions: conditions.map((condition) => this.part(condition)) };
  }

  #target(target: Target, type: Type): (turn: Turn, value: Value) => void {
    if (typeof target === 'string') {
      const slot = this.#slots++;
      this.#locals = [...this.#locals, { name: target, slot, type }];
      return (turn, value) => {
        turn.locals[slot] = value;
      };
    }
    const inner = mayBe(type, LIST | STR) ? itemType(type) : ANY;
    const parts = target.map((one) => this.#target(one, inner));
    return (turn, value) => {
      const values = itemsOf(value);
      if (values.length !== parts.length) throw fault(`${parts.length} names for another number of values`);
      parts.forEach((assign, i) => assign(turn, values[i]!));
    };
  }

  #text(parts: readonly (string | Replacement)[]): Part {
    const pieces = parts.map((part) => (typeof part === 'string' ? part : this.#replacement(part)));
    return {
      type: TEXT,
      run(turn) {
        let text = '';
        for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(turn);
        const value = limited(text);
        spend(turn, value);
        return value;
      },
    };
  }

  #replacement({ conversion, spec, value }: Replacement): (turn: Turn) => string {
    const part = this.part(value);
    const convert = conversion === undefined ? undefined : conversion === 's' ? textOf : reprOf;
    const format = spec.length === 0 ? undefined : this.#text(spec);
    return (turn) => {
      const given = part.run(turn);
      const shown = convert === undefined ? given : convert(given);
      return format === undefined ? textOf(shown) : formatValue(shown, format.run(turn) as string);
    };
  }
}

interface CompiledLoop {
  readonly items: Part;
  readonly assign: (turn: Turn, value: Value) => void;
  readonly conditions: readonly Part[];
}

function goThrough(turn: Turn, o: { loops: readonly CompiledLoop[]; index: number; take: () => void }): void {
  const loop = o.loops[o.index];
  if (loop === undefined) return o.take();
  const inner = { ...o, index: o.index + 1 };
  for (const item of itemsOf(loop.items.run(turn))) {
    spendRound(turn);
    loop.assign(turn, item);
    if (loop.conditions.every((condition) => isTrue(condition.run(turn)))) goThrough(turn, inner);
  }
}

const MODULES: ReadonlySet<string> = new Set(['datetime', 'json']);

function constant(value: Constant): Part {
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

function compared(left: Part, { operator, part: right }: { operator: Comparison; part: Part }): Part {
  return { type: BOOLEAN, run: (turn) => comparison(operator, left.run(turn), right.run(turn)) };
}

function bound(part: Part | undefined, turn: Turn): number | undefined {
  const value = part?.run(turn) ?? null;
  if (value === null) return undefined;
  const index = numericOf(value);
  if (index === undefined || isFloat(index)) throw fault(`a bound of a slice that is no int but ${typeName(value)}`);
  return toDouble(index);
}

function dictType(parts: readonly { readonly key: Part | undefined; readonly value: Part }[]): Type {
  const named = parts.map(({ key, value }) => [key?.literal, value.type] as const);
  if (named.every((entry): entry is readonly [string, Type] => typeof entry[0] === 'string')) return dictOf(named);
  if (parts.some(({ key }) => key === undefined)) return { kinds: DICT };
  return { kinds: DICT, items: parts.map(({ value }) => value.type).reduce(union, { kinds: 0 }) };
}
