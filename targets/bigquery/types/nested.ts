import { type Column, columnOf, columnsOf, isJsonObject, type JsonSchema, resolveSchema } from '../../../singer/index.ts';
import { type ColumnCasing, columnNames, variantName } from '../names/names.ts';
import { takes } from './fits.ts';
import { columnType, describe, elementOf, variantWord, type ColumnType, type Member, type TypeOptions } from './types.ts';

export interface NestedOptions {
  readonly casing: ColumnCasing;
  readonly types: TypeOptions;
}

/** As deep as BigQuery takes it: https://cloud.google.com/bigquery/docs/nested-repeated#limitations */
const MAX_DEPTH = 15;

/**
 * The STRUCT of an object whose schema names its members and lets no others come, or the REPEATED type of a list whose items have such a type
 * or a plain one. Undefined: the schema says too little (or the items are lists, or of any type); JSON keeps it as it is.
 * @param there what the column has: its members stay, in their order
 */
export function nestedType(column: Column, options: NestedOptions, there?: ColumnType, depth = 1): ColumnType | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (column.type === 'object') return structType(column.schema, options, there?.repeated ? undefined : there, depth);
  if (column.type !== 'array') return undefined;
  const item = itemOf(column);
  if (item === undefined || WITHOUT_ITEMS.has(item.type)) return undefined;
  const element = there?.repeated === true ? elementOf(there) : undefined;
  const type = item.type === 'object' ? structType(item.schema, options, element, depth) : columnType(item, options.types);
  if (type === undefined) return undefined;
  // A list of plain values stays what it is, if that takes them.
  return { ...(element !== undefined && type.type !== 'STRUCT' && takes(element, type) ? element : type), repeated: true };
}

const WITHOUT_ITEMS: ReadonlySet<string> = new Set(['array', 'json', 'null']);

/** What the items of a list are announced as, under the list's own name. */
export function itemOf({ name, schema }: Column): Column | undefined {
  const items = itemsOf(schema);
  return items === undefined ? undefined : columnOf(name, items);
}

function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  const { items } = schema as { readonly items?: unknown };
  if (isJsonObject(items)) return items;
  const branches = ['anyOf', 'oneOf'].flatMap((keyword) => (Array.isArray(schema[keyword]) ? schema[keyword] : []));
  const lists = branches.filter((branch) => isJsonObject(branch) && columnOf('', branch).type !== 'null');
  return lists.length === 1 ? itemsOf(lists[0] as JsonSchema) : undefined;
}

function structType(
  given: JsonSchema,
  options: NestedOptions,
  there: ColumnType | undefined,
  depth: number,
): ColumnType | undefined {
  const schema = resolveSchema(given);
  if (schema === undefined || isOpen(schema)) return undefined;
  const before = there?.members ?? [];
  const properties = columnsOf(schema);
  const names = columnNames(
    properties.map(({ name }) => name),
    options.casing,
    new Set(before.map(({ name }) => name)),
    new Set(),
  );
  const taken = new Set([...names.values()].map((name) => name.toLowerCase()));
  const members = new Map(before.map((member) => [member.name.toLowerCase(), withoutSource(member)]));
  for (const property of properties) {
    const member = memberOf(property, names.get(property.name)!, taken, members, options, depth);
    if (member !== undefined) members.set(member.name.toLowerCase(), member);
  }
  return members.size === 0 ? undefined : { type: 'STRUCT', members: [...members.values()] };
}

/** Members may come that the schema does not name. */
function isOpen(schema: JsonSchema): boolean {
  const others = schema['additionalProperties'];
  return others === true || (isJsonObject(others) && Object.keys(others).length > 0) || schema['patternProperties'] !== undefined;
}

/** The member as the table has it. */
function withoutSource({ description, name, type }: Member): Member {
  return { name, type, ...(description === undefined ? {} : { description }) };
}

/** The member of a property: as it is, new, or one beside that takes its type; undefined while only null was ever announced. */
function memberOf(
  property: Column,
  name: string,
  taken: ReadonlySet<string>,
  members: ReadonlyMap<string, Member>,
  options: NestedOptions,
  depth: number,
): Member | undefined {
  const typeFor = (there?: ColumnType): ColumnType | undefined =>
    nestedType(property, options, there, depth + 1) ?? columnType(property, options.types);
  const wanted = typeFor();
  if (wanted === undefined) return undefined;
  for (const as of [name, variantName(name, variantWord(wanted), taken)]) {
    const there = members.get(as.toLowerCase());
    if (there === undefined) return { name: as, type: wanted, source: property, ...describe(property) };
    const type = joined(there.type, typeFor(there.type)!);
    if (type !== undefined) return { ...there, type, source: property };
  }
  return undefined;
}

/** What a column of type `there` is when it takes `wanted`, which was made with regard to it; undefined: it does not. */
export function joined(there: ColumnType, wanted: ColumnType): ColumnType | undefined {
  if (!takes(there, wanted)) return undefined;
  return there.type === 'STRUCT' ? wanted : there;
}
