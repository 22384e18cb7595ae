import type { LogicalType } from '../columns.ts';

/** The narrowest type that holds values of both: the lattice of docs/types.md. */
export function joinTypes(a: LogicalType, b: LogicalType): LogicalType {
  if (a === b) return a;
  const steps = WIDER[a];
  if (steps.includes(b)) return b;
  if (WIDER[b].includes(a)) return a;
  return steps.find((type) => WIDER[b].includes(type)) ?? 'json';
}

/** What each type may widen to, nearest first. */
export const WIDER: Readonly<Record<LogicalType, readonly LogicalType[]>> = {
  null: ['boolean', 'integer', 'number', 'decimal', 'date', 'datetime', 'time', 'duration', 'uuid', 'binary', 'string', 'object', 'array', 'json'],
  boolean: ['string', 'json'],
  integer: ['decimal', 'number', 'string', 'json'],
  decimal: ['number', 'string', 'json'],
  number: ['string', 'json'],
  date: ['datetime', 'string', 'json'],
  datetime: ['string', 'json'],
  time: ['string', 'json'],
  duration: ['string', 'json'],
  uuid: ['string', 'json'],
  binary: ['string', 'json'],
  string: ['json'],
  object: ['json'],
  array: ['json'],
  json: [],
}; // prettier-ignore

/** Narrower types have the lower number; one that is not known has the lowest. */
export function rank(type: LogicalType | undefined): number {
  return type === undefined ? 0 : 20 - WIDER[type].length;
}
