/** Names, and the parts of values: fields, members, slices. */
import { isJsonObject, nearest } from '../../../singer/index.ts';
import { propertiesOf } from '../../engine/shape.ts';
import { indexed, memberOfType, memberOr, sliced } from '../access.ts';
import { type Turn } from '../budget.ts';
import { isFloat, toDouble } from '../numbers.ts';
import type { Node } from '../syntax.ts';
import { timeAttribute, timeAttributeType, timeConstants } from '../time-members.ts';
import { itemType, Kinds, mayBe, NONE, orNone, TEXT, type Type, union } from '../types.ts';
import { Dict, fault, isObject, numericOf, typeName } from '../values.ts';
import type { Compiling, Part } from './part.ts';

const { dict: DICT, list: LIST, null: NULL, str: STR } = Kinds;

export function variable(compiler: Compiling, name: string, at: number): Part {
  const local = compiler.locals.findLast((local) => local.name === name);
  if (local !== undefined) return { type: local.type, run: (turn) => turn.locals[local.slot]! };
  const variable = compiler.names.find(name);
  if (variable === undefined) return compiler.wrong(unknown(compiler, name), at);
  return { type: variable.type, run: (turn) => variable.read(turn.record) ?? null };
}

function unknown(compiler: Compiling, name: string): string {
  const refused = compiler.names.refused(name);
  if (refused !== undefined) return refused;
  const near = nearest(name, [...compiler.names.all, ...compiler.locals.map((local) => local.name)]);
  return `there is no field or name ${name}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** `datetime.date` of the tree, if that is what it is (or may be) and no field or local name has its first part. */
export function dottedName(compiler: Compiling, node: Node): string | undefined {
  if (node.kind === 'name') {
    const isTaken = isLocal(compiler, node.name) || (!compiler.names.areOpen && compiler.names.find(node.name) !== undefined);
    return !isTaken && MODULES.has(node.name) ? node.name : undefined;
  }
  if (node.kind !== 'attribute') return undefined;
  const above = dottedName(compiler, node.of);
  return above === undefined ? undefined : `${above}.${node.name}`;
}

export function attribute(compiler: Compiling, node: Node & { readonly kind: 'attribute' }): Part {
  const dotted = dottedName(compiler, node);
  if (dotted !== undefined) {
    const known = Object.hasOwn(timeConstants, dotted) ? timeConstants[dotted] : undefined;
    if (known !== undefined) return { type: known.type, run: () => known.value };
    // A field of this name may have such a part.
    if (!compiler.names.areOpen) return compiler.wrong(`there is no ${dotted}`, node.at);
  }
  const { name } = node;
  const field = fieldOf(compiler, node.of, name, node.at);
  if (field !== undefined) return field;
  const of = compiler.part(node.of);
  const unknown = unknownMember(of.type, name);
  if (unknown !== undefined) return compiler.wrong(unknown, node.at);
  const type = attributeType(of.type, name);
  if (type === undefined) return compiler.wrong(`a value of this type has no ${name}`, node.at);
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

function attributeType(of: Type, name: string): Type | undefined {
  const isTime = mayBe(of, Kinds.day | Kinds.moment | Kinds.span);
  const time = isTime ? timeAttributeType(name) : undefined;
  if (!mayBe(of, DICT)) return time ?? (of.kinds === NULL ? NONE : undefined);
  const member = memberOfType(of, name);
  return time === undefined ? member : union(time, member);
}

/** `record['name']` and the like; undefined if it is none. */
function fieldOf(compiler: Compiling, of: Node, name: string, at: number): Part | undefined {
  if (of.kind !== 'name' || isLocal(compiler, of.name)) return undefined;
  const constant = compiler.names.constant(of.name);
  if (constant !== undefined && isObject(constant) && !Object.hasOwn(constant, name)) {
    const near = nearest(name, Object.keys(constant));
    return compiler.wrong(`${of.name} has no ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
  }
  const field = compiler.names.member(of.name, name);
  if (field === undefined) return undefined;
  if (field === 'missing') {
    const near = nearest(name, compiler.names.all);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return compiler.wrong(`the schema has no field ${name}${hint} (get('${name}') reads it where a record has it)`, at);
  }
  return { type: field.type, run: (turn) => field.read(turn.record) ?? null };
}

/** What is wrong with a member of an object whose schema names its members; undefined if it may have such a one. */
function unknownMember({ kinds, schema }: Type, name: string | undefined): string | undefined {
  const names = propertiesOf({ schema: schema ?? {} });
  if (name === undefined || (kinds & ~(DICT | NULL)) !== 0 || Object.keys(names).length === 0) return undefined;
  const more = schema?.['additionalProperties'];
  const mayHaveMore = more === true || isJsonObject(more) || isJsonObject(schema?.['patternProperties']);
  if (Object.hasOwn(names, name) || mayHaveMore) return undefined;
  const near = nearest(name, Object.keys(names));
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `the schema of the object has no ${name}${hint} (get('${name}') reads it where a record has it)`;
}

function isLocal(compiler: Compiling, name: string): boolean {
  return compiler.locals.some((local) => local.name === name);
}

export function index(compiler: Compiling, { at, key: keyNode, of: ofNode }: Node & { readonly kind: 'index' }): Part {
  const key = compiler.part(keyNode);
  const name = typeof key.literal === 'string' ? key.literal : undefined;
  const field = name === undefined ? undefined : fieldOf(compiler, ofNode, name, at);
  if (field !== undefined) return field;
  const of = compiler.part(ofNode);
  if (!mayBe(of.type, NULL | DICT | LIST | STR)) return compiler.wrong('a value of this type has no parts', at);
  const unknown = unknownMember(of.type, name);
  if (unknown !== undefined) return compiler.wrong(unknown, at);
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

export function slice(compiler: Compiling, node: Node & { readonly kind: 'slice' }): Part {
  const of = compiler.part(node.of);
  const [start, stop, step] = [node.start, node.stop, node.step].map((part) =>
    part === undefined ? undefined : compiler.part(part),
  );
  if (!mayBe(of.type, NULL | LIST | STR)) return compiler.wrong('a value of this type has no slices', node.at);
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

const MODULES: ReadonlySet<string> = new Set(['datetime', 'json']);

function bound(part: Part | undefined, turn: Turn): number | undefined {
  const value = part?.run(turn) ?? null;
  if (value === null) return undefined;
  const index = numericOf(value);
  if (index === undefined || isFloat(index)) throw fault(`a bound of a slice that is no int but ${typeName(value)}`);
  return toDouble(index);
}
