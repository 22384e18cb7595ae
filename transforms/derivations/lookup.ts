import { ExactNumber, isJsonObject, type Json, type JsonObject, type JsonSchema } from '../../singer/index.ts';
import { defineDerivation } from '../derivation.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { hashedText } from '../fingerprints.ts';
import { exactNumber } from '../numbers/decimal.ts';
import { namesIn, readersOf } from '../places.ts';
import type { RuleContext } from '../rule.ts';
import { readTable } from '../table-file.ts';

const TYPES = ['string', 'integer', 'number', 'boolean'] as const;
type Type = (typeof TYPES)[number];

export default defineDerivation({
  name: 'lookup',
  summary: 'A column of a small local table, found by the values of some fields.',
  notes: [
    'The table is CSV with a header, a JSON list of objects, or JSON lines; at most 64 MB. It is read once, at the beginning.',
    'Values are compared by their text, so that 7 in a record finds 7 in a CSV file. Two rows of the table with one key are refused.',
    'Null where nothing is found (counted), or the record is put aside with `else: error`.',
  ],
  setting: {
    type: 'object',
    description: 'Where, by what, and what.',
    properties: {
      file: { type: 'string', description: 'The table.', aliases: ['map_file'] },
      on: {
        type: ['string', 'array', 'object'],
        required: true,
        description:
          'The field, or fields, that the record and the table have in common; a map from fields to columns where their names differ.',
        items: { type: 'string', description: 'A field.' },
        members: { type: 'string', description: 'A column.' },
      },
      add: { type: 'string', required: true, description: 'The column whose value is taken.' },
      type: { type: 'string', options: TYPES, default: 'string', description: 'What its values are.' },
      else: {
        type: 'string',
        options: ['null', 'error'],
        default: 'null',
        description: 'What becomes of a record for which there is no row.',
      },
    },
  },
  examples: [
    {
      rules: {
        set: { signal_id: { lookup: { file: 'examples/tables/signals.csv', on: 'signal', add: 'id', type: 'integer' } } },
      },
      schema: { type: 'object', properties: { signal: { type: 'string' } } },
      input: [{ signal: 'power' }, { signal: 'noise' }],
      output: [
        { signal: 'power', signal_id: 2 },
        { signal: 'noise', signal_id: null },
      ],
    },
  ],
  prepare(given, shape, context) {
    const pairs = pairsOf(given.on);
    const readers = readersOf(
      pairs.map(([field]) => field),
      shape,
      context,
      'on',
    );
    const columns = pairs.map(([, column]) => column);
    const { add, file, type } = given;
    const name = `lookup ${JSON.stringify([file, columns, add, type])}`;
    const table = context.once(name, () => tableOf(given, columns, context)) ?? new Map<string, Json>();
    const policy = recordPolicy(context.defaults.onError);
    const isSure = given.else === 'error' && ![...table.values()].includes(null);
    return {
      schema: schemaOf(given.type, isSure),
      compute(record) {
        const values = readers.map((read) => read(record) ?? null);
        const found = values.includes(null) ? undefined : table.get(hashedText(values));
        if (found !== undefined) return found;
        context.count('not found by lookup');
        if (given.else === 'null') return null;
        throw new RecordFault({ policy, rule: 'lookup-missing', field: pairs[0]?.[0], message: 'the table has no row for it' });
      },
    };
  },
});

interface Given {
  readonly file: string | undefined;
  readonly on: Json;
  readonly add: string;
  readonly type: Type;
  readonly else: 'null' | 'error';
}

function pairsOf(on: Json): (readonly [field: string, column: string])[] {
  if (isJsonObject(on)) return Object.entries(on).map(([field, column]) => [field, column as string] as const);
  return namesIn(on).map((name) => [name, name] as const);
}

function schemaOf(type: Type, isSure: boolean): JsonSchema {
  return { type: isSure ? [type] : [type, 'null'] };
}

/** By the text of its key: the value of each row. Undefined if something is wrong, which was told. */
function tableOf({ add, file, type }: Given, columns: readonly string[], context: RuleContext): Map<string, Json> | undefined {
  const table = new Map<string, Json>();
  if (file === undefined) {
    context.problem('is required', 'file');
    return undefined;
  }
  const rows = readTable(file, (message) => context.problem(message, 'file'));
  if (rows === undefined) return undefined;
  const [first] = rows;
  if (first === undefined) return table;
  const missing = [...columns, add].filter((column) => !rows.some((row) => Object.hasOwn(row, column)));
  if (missing.length > 0) {
    context.problem(`the table has no column ${missing.join(', ')}; it has ${Object.keys(first).join(', ')}`, 'file');
    return undefined;
  }
  let twice = 0;
  let wrong = 0;
  for (const row of rows) {
    const key = hashedText(columns.map((column) => row[column]));
    const value = valueOf(row, add, type);
    if (value === undefined) wrong++;
    if (table.has(key)) twice++;
    table.set(key, value ?? null);
  }
  if (twice > 0) context.problem(`the table has ${twice} rows whose key another row has, too`, 'on');
  if (wrong > 0) context.problem(`${wrong} values of ${add} are no ${type}; say what they are with type`, 'type');
  return twice + wrong > 0 ? undefined : table;
}

/** A value as its type asks for; undefined if it is not one. */
function valueOf(row: JsonObject, column: string, type: Type): Json | undefined {
  const value = row[column] ?? null;
  if (value === null) return null;
  const text =
    typeof value === 'string' ? value : value instanceof ExactNumber || typeof value !== 'object' ? String(value) : undefined;
  return text === undefined ? undefined : READ[type](text);
}

const READ: Readonly<Record<Type, (text: string) => Json | undefined>> = {
  string: (text) => text,
  integer: (text) => (/^-?\d+$/.test(text) ? exactNumber(text) : undefined),
  number: (text) => (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? exactNumber(text) : undefined),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};
