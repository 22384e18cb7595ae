import { isJsonObject, type Json, noteChange, propertyReader, refuseValue } from '../../../singer/index.ts';
import { itemOf } from '../types/nested.ts';
import { elementOf } from '../types/types.ts';
import type { Place, ValueWriter } from './row-plan.ts';

type WriterOf = (place: Place) => ValueWriter;

/** Writes a list for a REPEATED column, which keeps no null: such items are left out, and noted. */
export function listWriter(place: Place, writerOf: WriterOf): ValueWriter {
  const { column, ...rest } = place;
  const type = elementOf(column.type);
  const announced = column.column === undefined ? undefined : itemOf(column.column);
  const write = writerOf({ ...rest, column: { ...column, type, ...(announced === undefined ? {} : { column: announced }) } });
  return (value) => {
    if (value === null || value === undefined) return undefined;
    if (!Array.isArray(value)) return refuseValue(place, 'is no list', 'value-wrong-type');
    const items = value.flatMap((item: Json) => write(item) ?? []);
    if (items.length < value.length) noteChange(place, 'null-item-dropped', value);
    return `[${items.join(',')}]`;
  };
}

/** Writes an object for a STRUCT column, which keeps no members but its own: others are left out, and noted. */
export function structWriter(place: Place, writerOf: WriterOf): ValueWriter {
  const { column, ...rest } = place;
  const members = (column.type.members ?? []).flatMap(({ name, source, type }) => {
    if (source === undefined) return [];
    const names = { name: `${column.name}.${source.name}`, target: column.target };
    const write = writerOf({ ...rest, type: type.type, column: { ...names, type, column: source } });
    return [{ property: source.name, name: `${JSON.stringify(name)}:`, read: propertyReader(source.name), write }];
  });
  const named = new Set(members.map(({ property }) => property));
  return (value) => {
    if (value === null || value === undefined) return undefined;
    if (!isJsonObject(value)) return refuseValue(place, 'is no object', 'value-wrong-type');
    const texts = members.flatMap(({ name, read, write }) => {
      const text = write(read(value));
      return text === undefined ? [] : [name + text];
    });
    for (const [name, member] of Object.entries(value)) {
      if (named.has(name) || member === null || member === undefined) continue;
      noteChange({ ...place, column: { ...column, name: `${column.name}.${name}` } }, 'unnamed-member-dropped', member);
    }
    return `{${texts.join(',')}}`;
  };
}
