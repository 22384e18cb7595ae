import { type Json, nearest } from '../../singer/index.ts';
import { defineOperation } from '../operation.ts';
import { isNullable } from '../schemas.ts';

export default defineOperation({
  name: 'coalesce',
  group: 'nulls',
  summary: 'Takes the value of the first of some other fields that has one, where this field is null or absent.',
  parameters: {
    fields: {
      type: ['array', 'string'],
      items: { type: 'string', description: 'A field.' },
      required: true,
      description: 'The other fields, top level, in the order in which they are tried.',
    },
  },
  main: 'fields',
  takesNull: true,
  takesAbsent: true,
  merges: true,
  examples: [{ step: { coalesce: ['value'] }, input: null, output: null }],
  prepare({ fields }, field) {
    const names = [fields].flat();
    const schemas = names.map((name) => {
      const schema = field.schemaOf(name);
      if (schema === undefined) {
        const near = nearest(name, field.names);
        field.problem(`there is no field ${name}${near === undefined ? '' : `; did you mean ${near}?`}`);
      }
      return schema ?? {};
    });
    const all = [field.schema, ...schemas];
    const same = new Set(all.map((schema) => JSON.stringify(schema))).size === 1;
    const anyOf = isNullable(field.schema) || schemas.every(isNullable) ? [...all, { type: 'null' }] : all;
    return {
      schema: same ? field.schema : { anyOf },
      reads: names,
      apply(value, record): Json | undefined {
        if ((value ?? null) !== null) return value;
        for (const name of names) {
          const other = record.get(name);
          if ((other ?? null) !== null) return other;
        }
        return value;
      },
    };
  },
});
