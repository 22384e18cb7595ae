import type { Column, LogicalType, RecordScanner } from '../../../singer/index.ts';
import { createRecordScanner, Kind } from '../../../singer/index.ts';
import type { Tuning } from '../format.ts';
import type { JsonKind, Kinds } from './record-types.ts';
import { schemaOfKinds } from './record-types.ts';

/** The kinds of values, as the scanner names them, that each JSON type takes; null is let pass. */
const SLOTS: Readonly<Record<JsonKind, readonly number[]>> = {
  boolean: [Kind.true, Kind.false],
  integer: [Kind.integer],
  number: [Kind.integer, Kind.decimal, Kind.exponent],
  string: [Kind.string, Kind.escaped],
  array: [],
  object: [],
};
const SPACE = 0x20;

/** Decides whether a line may leave as it is, without making values of it. */
export interface LineCheck {
  /**
   * True if a line begins at `bytes[start]` that ends before `end` and is one object with all key properties, none of them null, no
   * property twice, none that is not in the list, each of its kinds, and at least one. `bytes[end - 1]` is a line feed. That the line is
   * valid UTF-8 is for the caller to know.
   */
  accepts(bytes: Buffer, start: number, end: number): boolean;
  /** Of the accepted line: where the inside of its braces begins and ends, and where it ends (after its line feed). */
  readonly place: { start: number; end: number; lineEnd: number };
}

/** The check for lines with these properties. Undefined if the scanner of records cannot be had. */
export function lineCheck(
  properties: ReadonlyMap<string, Kinds>,
  keys: readonly string[],
  { learnAfter }: Pick<Tuning, 'learnAfter'>,
): LineCheck | undefined {
  const columns = [...properties].map(([name, kinds]) => columnOf(name, kinds));
  const scanner = createRecordScanner(
    {
      stream: '',
      schema: { type: 'object', properties: Object.fromEntries(columns.map(({ name, schema }) => [name, schema])) },
      columns,
      keys,
      notesChanges: false,
    },
    { validated: false, bare: true, learnAfter },
  );
  if (scanner === undefined) return undefined;
  const keySlots = keys.map((key) => columns.findIndex((column) => column.name === key));
  const unions = [...properties.values()].flatMap((kinds, slot) => (kinds.size > 1 ? [{ slot, allowed: allowedOf(kinds) }] : []));
  const place = { start: 0, end: 0, lineEnd: 0 };
  return {
    place,
    accepts(bytes, start, end) {
      if (!scanner.scan(bytes, start, end) || !sound(scanner, keySlots, unions)) return false;
      place.start = scanner.recordStart + 1;
      place.end = scanner.recordEnd - 1;
      place.lineEnd = scanner.lineEnd;
      // An object without members would leave a comma with nothing after it.
      for (let at = place.start; at < place.end; at++) if (bytes[at]! > SPACE) return true;
      return false;
    },
  };
}

function sound(
  scanner: RecordScanner,
  keySlots: readonly number[],
  unions: readonly { slot: number; allowed: Uint8Array }[],
): boolean {
  for (const slot of keySlots) if (scanner.kinds[slot] === Kind.null) return false;
  for (const { slot, allowed } of unions) if (allowed[scanner.kinds[slot]!] === 0) return false;
  return true;
}

/** 1 for each kind a property of several types may have. A list and an object look alike to the scanner: both types or none. */
function allowedOf(kinds: Kinds): Uint8Array {
  const allowed = new Uint8Array(Object.keys(Kind).length);
  allowed[Kind.absent] = 1;
  allowed[Kind.null] = 1;
  if (kinds.has('array') && kinds.has('object')) allowed[Kind.nested] = 1;
  for (const kind of kinds) for (const slot of SLOTS[kind]) allowed[slot] = 1;
  return allowed;
}

function columnOf(name: string, kinds: Kinds): Column {
  const [first = 'string'] = kinds;
  const type: LogicalType = kinds.size > 1 ? 'json' : first;
  return { name, type, nullable: true, plain: true, schema: schemaOfKinds(kinds) };
}
