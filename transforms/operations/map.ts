import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonSchema, parseExact } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { type Field, defineOperation } from '../operation.ts';
import { textOf } from '../record.ts';
import { nullable, schemaOfValues } from '../schemas.ts';

export default defineOperation({
  name: 'map',
  group: 'values',
  summary: 'Puts other values in place of the ones that a table lists.',
  parameters: {
    values: {
      type: 'object',
      description: 'What becomes of each value; numbers and booleans by their text.',
      examples: [{ GLD: 'gold', Gold: 'gold' }],
    },
    file: { type: 'string', description: 'A JSON file with such an object, in place of `values` or beside it.' },
    else: {
      type: 'string',
      options: ['keep', 'null', 'error'],
      default: 'keep',
      description: 'What becomes of a value that the table does not list.',
    },
    ignore_case: { type: 'boolean', default: false, description: 'Look values up in any case.' },
  },
  main: 'values',
  merges: true,
  examples: [
    { step: { map: { GLD: 'gold' } }, input: 'GLD', output: 'gold' },
    { step: { map: { GLD: 'gold' } }, input: 'silver', output: 'silver' },
    { step: { map: { values: { '1': true, '0': false }, else: 'error' } }, schema: { type: 'integer' }, input: 1, output: true },
    { step: { map: { values: { GLD: 'gold' }, else: 'null' } }, input: 'tin', output: null },
    { step: { map: { values: { GLD: 'gold' }, else: 'error' } }, input: 'tin' },
  ],
  prepare({ else: otherwise, file, ignore_case, values }, field) {
    const read = file === undefined ? {} : readTable(file, field);
    const table = { ...read, ...values };
    if (read !== undefined && Object.keys(table).length === 0) field.problem('has no values');
    const fold = (text: string): string => (ignore_case ? text.toLowerCase() : text);
    const byText = new Map(Object.entries(table).map(([from, to]) => [fold(from), to]));
    const outputs = [...byText.values()];
    const schema = otherwise === 'keep' ? keptOr(field.schema, outputs) : schemaOfValues(outputs);
    return {
      schema: otherwise === 'null' ? nullable(schema) : schema,
      apply: (value) => {
        const text = fold(textOf(value!));
        if (byText.has(text)) return byText.get(text)!;
        if (otherwise === 'keep') return value;
        if (otherwise === 'null') return null;
        throw new ValueFault('map', 'the value is not in the table');
      },
    };
  },
});

/** Texts of a text stay texts: no union is needed, but what an enum, pattern or length asks cannot be asked any more. */
function keptOr(before: JsonSchema, outputs: readonly Json[]): JsonSchema {
  const types = [before['type']].flat().filter((type) => type !== 'null');
  const isText = types.length === 1 && types[0] === 'string' && outputs.every((value) => typeof value === 'string');
  return isText ? { type: before['type'] } : { anyOf: [before, schemaOfValues(outputs)] };
}

/** Undefined if the file is not right, which was told. */
function readTable(path: string, field: Field): Readonly<Record<string, Json>> | undefined {
  try {
    const table = parseExact(readFileSync(path, 'utf8'));
    if (isJsonObject(table)) return table as Readonly<Record<string, Json>>;
    field.problem('must hold a JSON object', 'file');
  } catch (error) {
    // The parser's words would quote the file.
    field.problem(
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      'file',
    );
  }
  return undefined;
}
