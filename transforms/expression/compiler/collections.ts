/** Lists, sets, dicts and comprehensions. */
import { mappingOf } from '../access.ts';
import { MAX_ROUNDS, spendRound, type Turn } from '../budget.ts';
import type { Item, Loop, Member, Node, Target } from '../syntax.ts';
import { ANY, dictOf, itemType, Kinds, listOf, mayBe, type Type, union } from '../types.ts';
import { Dict, fault, isTrue, itemsOf, Tuple, type Value, ValueSet } from '../values.ts';
import type { Compiling, Part } from './part.ts';

const { dict: DICT, list: LIST, set: SET, str: STR } = Kinds;

export function items(compiler: Compiling, kind: 'list' | 'tuple' | 'set', items: readonly Item[]): Part {
  const parts = items.map(({ spread, value }) => ({ spread, part: compiler.part(value) }));
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

export function dict(compiler: Compiling, members: readonly Member[]): Part {
  const parts = members.map(({ key, value }) => ({
    key: key === undefined ? undefined : compiler.part(key),
    value: compiler.part(value),
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

export function comprehension(compiler: Compiling, node: Node & { readonly kind: 'comprehension' }): Part {
  const outer = compiler.locals;
  const loops = node.loops.map((loop) => loopOf(compiler, loop));
  const key = node.key === undefined ? undefined : compiler.part(node.key);
  const value = compiler.part(node.value);
  compiler.locals = outer;
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

function loopOf(compiler: Compiling, { conditions, iterable, target }: Loop): CompiledLoop {
  const items = compiler.part(iterable);
  const assign = assignment(compiler, target, itemType(items.type));
  return { items, assign, conditions: conditions.map((condition) => compiler.part(condition)) };
}

function assignment(compiler: Compiling, target: Target, type: Type): (turn: Turn, value: Value) => void {
  if (typeof target === 'string') {
    const slot = compiler.slots++;
    compiler.locals = [...compiler.locals, { name: target, slot, type }];
    return (turn, value) => {
      turn.locals[slot] = value;
    };
  }
  const inner = mayBe(type, LIST | STR) ? itemType(type) : ANY;
  const parts = target.map((one) => assignment(compiler, one, inner));
  return (turn, value) => {
    const values = itemsOf(value);
    if (values.length !== parts.length) throw fault(`${parts.length} names for another number of values`);
    parts.forEach((assign, i) => assign(turn, values[i]!));
  };
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

function dictType(parts: readonly { readonly key: Part | undefined; readonly value: Part }[]): Type {
  const named = parts.map(({ key, value }) => [key?.literal, value.type] as const);
  if (named.every((entry): entry is readonly [string, Type] => typeof entry[0] === 'string')) return dictOf(named);
  if (parts.some(({ key }) => key === undefined)) return { kinds: DICT };
  return { kinds: DICT, items: parts.map(({ value }) => value.type).reduce(union, { kinds: 0 }) };
}
