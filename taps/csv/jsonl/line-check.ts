import type { Column, LogicalType, RecordScanner } from '../../../singer/index.ts';
import { createRecordScanner, Kind } from '../../../singer/index.ts';
import { copyBytes } from './copy-bytes.ts';
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
const HEAD = Buffer.from('{"type":"RECORD","stream":"s","record":');
const SPACE = 0x20;
const TAIL = Buffer.from('}\n');

/** Decides whether a line may leave as it is, without making values of it. */
export interface LineCheck {
  /**
   * True if `bytes[start..end)`, valid UTF-8, is one object with all key properties, none of them null, no property twice, none that is
   * not in the list, each of its kinds, and at least one.
   */
  accepts(bytes: Buffer, start: number, end: number): boolean;
  /** Where the inside of the accepted line's braces begins and ends, counted from its start. */
  readonly inside: { start: number; end: number };
}

/**
 * The check for lines with these properties. It puts the line into a message of its own and leaves the reading to the scanner of
 * RECORD lines. Undefined if the scanner cannot be had.
 */
export function lineCheck(properties: ReadonlyMap<string, Kinds>, keys: readonly string[]): LineCheck | undefined {
  const columns = [...properties].map(([name, kinds]) => columnOf(name, kinds));
  const scanner = createRecordScanner(
    {
      stream: 's',
      schema: { type: 'object', properties: Object.fromEntries(columns.map(({ name, schema }) => [name, schema])) },
      columns,
      keys,
      notesChanges: false,
    },
    { validated: false },
  );
  if (scanner === undefined) return undefined;
  const keySlots = keys.map((key) => columns.findIndex((column) => column.name === key));
  const unions = [...properties.values()].flatMap((kinds, slot) => (kinds.size > 1 ? [{ slot, allowed: allowedOf(kinds) }] : []));
  const inside = { start: 0, end: 0 };
  let message = Buffer.alloc(0);
  return {
    inside,
    accepts(bytes, start, end) {
      const length = HEAD.length + end - start + TAIL.length;
      if (message.length < length) {
        message = Buffer.alloc(length * 2);
        HEAD.copy(message);
      }
      const tail = HEAD.length + end - start;
      copyBytes(message, HEAD.length, bytes, start, end);
      message[tail] = TAIL[0]!;
      message[tail + 1] = TAIL[1]!;
      if (!scanner.scan(message, 0, length) || scanner.lineEnd !== length || !sound(scanner, keySlots, unions)) return false;
      inside.start = scanner.recordStart + 1 - HEAD.length;
      inside.end = scanner.recordEnd - 1 - HEAD.length;
      // An object without members would leave a comma with nothing after it.
      for (let at = inside.start; at < inside.end; at++) if (bytes[start + at]! > SPACE) return true;
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
