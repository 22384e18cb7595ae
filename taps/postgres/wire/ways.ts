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

export function wayOf(wire: Wire): number {
  switch (wire.kind) {
    case 'number':
      return wire.as === 'string' ? Way.digits : Way.number;
    case 'bytea':
      return Way[wire.form];
    case 'text':
    case 'trimmed':
    case 'boolean':
    case 'json':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return Way[wire.kind];
    case 'array':
      return wire.delimiter === ',' ? wayOfArray(wire.of) : Way.value;
    case 'hstore':
    case 'composite':
    case 'range':
    case 'multirange':
      return Way.value;
  }
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
