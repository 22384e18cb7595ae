import type { Wire } from '../model.ts';

/** How the fast lane makes JSON of a cell. */
export const Way = {
  /** Digits, as they are. */
  number: 0,
  boolean: 1,
  json: 2,
  /** Arrays of these. */
  numbers: 3,
  texts: 4,
  /** The value is made. */
  value: 5,
  // From here on between quotes.
  text: 6,
  trimmed: 7,
  digits: 8,
  date: 9,
  timestamp: 10,
  timestamptz: 11,
  hex: 12,
  base64: 13,
} as const;

/** Ways of the kinds that have one whatever else is said of them. */
const WAYS: Readonly<Record<Exclude<Wire['kind'], 'number' | 'bytea' | 'array'>, number>> = {
  boolean: Way.boolean,
  json: Way.json,
  text: Way.text,
  trimmed: Way.trimmed,
  date: Way.date,
  timestamp: Way.timestamp,
  timestamptz: Way.timestamptz,
  hstore: Way.value,
  composite: Way.value,
  range: Way.value,
  multirange: Way.value,
};

export function wayOf(wire: Wire): number {
  if (wire.kind === 'number') return wire.as === 'string' ? Way.digits : Way.number;
  if (wire.kind === 'bytea') return Way[wire.form];
  if (wire.kind === 'array') return wire.delimiter === ',' ? wayOfArray(wire.of) : Way.value;
  return WAYS[wire.kind];
}

function wayOfArray(of: Wire): number {
  const way = wayOf(of);
  if (way === Way.number) return Way.numbers;
  return way === Way.text ? Way.texts : Way.value;
}

/** True if what the way writes stands between quotes. */
export function isQuoted(way: number): boolean {
  return way >= Way.text;
}
