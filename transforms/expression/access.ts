import type { JsonObject } from '../../singer/index.ts';
import { fromCodePoints, hasAstral, slice, sliceBounds } from './code-points.ts';
import { isFloat, toDouble } from './numbers.ts';
import { isSure, memberType, orNone, type Type } from './types.ts';
import { Dict, entriesOf, fault, isList, isObject, memberOf, numericOf, Tuple, typeName, type Value } from './values.ts';

/** The type of a member by name; null too if a valid object may be without it. */
export function memberOfType(of: Type, name: string | undefined): Type {
  const member = memberType(of, name);
  return name === undefined || isSure(of, name) || !isDeclared(of, name) ? member : orNone(member);
}

/** True if the schema names the member. */
function isDeclared({ schema }: Type, name: string): boolean {
  const properties = schema?.['properties'];
  return typeof properties === 'object' && properties !== null && Object.hasOwn(properties, name);
}

/** A member; null if the schema knows it and the object has none. Throws ValueFault for one that nobody knows. */
export function memberOr(value: Dict | JsonObject, { key, type }: { key: Value; type: Type }): Value {
  const member = memberOf(value, key);
  if (member !== undefined) return member;
  if (typeof key === 'string' && isDeclared(type, key)) return null;
  throw fault('a dict that does not have the key; get() gives a default');
}

/** A part of a text, list or dict. Throws ValueFault. */
export function indexed(value: Value, key: Value, type: Type): Value {
  if (value instanceof Dict || isObject(value)) return memberOr(value, { key, type });
  const items =
    typeof value === 'string' ? charsOf(value) : value instanceof Tuple ? value.items : isList(value) ? value : undefined;
  if (items === undefined) throw fault(`${typeName(value)} has no parts`);
  const index = numericOf(key);
  if (index === undefined || isFloat(index)) throw fault(`an index that is no int but ${typeName(key)}`);
  const at = toDouble(index);
  const item = items[at < 0 ? at + items.length : at];
  if (item === undefined) throw fault('an index beyond the end');
  return item;
}

/** Something that gives a character by index. */
function charsOf(text: string): { readonly length: number; readonly [index: number]: string } {
  return hasAstral(text) ? fromCodePoints(text) : text;
}

/** A slice of a text, list or tuple. Throws ValueFault. */
export function sliced(value: Value, bounds: { start: number | undefined; stop: number | undefined; step: number }): Value {
  if (typeof value === 'string') {
    if (bounds.step !== 1 || hasAstral(value)) return slice(fromCodePoints(value), bounds).join('');
    const { first, end } = sliceBounds(value.length, bounds);
    return value.slice(first, Math.max(first, end));
  }
  if (isList(value)) return slice(value, bounds);
  if (value instanceof Tuple) return new Tuple(slice(value.items, bounds));
  throw fault(`${typeName(value)} has no slices`);
}

/** The entries of what must be a dict. Throws ValueFault. */
export function mappingOf(value: Value): readonly (readonly [Value, Value])[] {
  return entriesOf(value) ?? refuse(`${typeName(value)} is no dict`);
}

function refuse(message: string): never {
  throw fault(message);
}
