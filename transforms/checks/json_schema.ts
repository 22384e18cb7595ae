import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonSchema, stripExact } from '../../singer/index.ts';
import { defineCheck } from '../check.ts';
import { validatorOf } from '../validator.ts';

export default defineCheck({
  name: 'json_schema',
  of: 'record',
  summary: 'The record is valid by a JSON schema (draft 4 to 7).',
  parameters: {
    file: { type: 'string', description: 'The file that holds the schema.' },
    schema: { type: 'object', description: 'Instead: the schema itself.' },
  },
  main: 'file',
  examples: [
    {
      rules: { checks: [{ json_schema: { schema: { properties: { a: { type: 'integer', minimum: 1 } } } }, severity: 'drop' }] },
      schema: { type: 'object', properties: { a: { type: 'integer' } } },
      input: [{ a: 0 }, { a: 1 }],
      output: [{ a: 1 }],
    },
  ],
  prepare({ file, schema: given }, _, context) {
    if ((file === undefined) === (given === undefined)) {
      context.problem('must say one of file and schema');
      return [];
    }
    const validate = context.once(`json schema ${JSON.stringify([file, given])}`, () => {
      const schema = given ?? readSchema(file!, (message) => context.problem(message));
      return schema && validatorOf(schema, (message) => context.problem(message));
    });
    if (validate === undefined) return [];
    return [
      {
        kind: 'record',
        field: undefined,
        passes(record) {
          const violation = validate(stripExact(record.toObject()));
          if (violation === undefined) return true;
          const field = violation.path.slice(1).replaceAll('/', '.');
          return { field: field === '' ? undefined : field, message: violation.message };
        },
      },
    ];
  },
});

function readSchema(path: string, problem: (message: string) => void): JsonSchema | undefined {
  try {
    const schema: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isJsonObject(schema)) return schema;
    problem(`the file ${path} must hold a JSON object`);
  } catch (error) {
    const why =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    problem(`the file ${path} ${why}`);
  }
  return undefined;
}
