import { streamName } from '../names.ts';
import { defineRule } from '../rule.ts';

export default defineRule({
  name: 'alias',
  summary: 'Gives the stream another name: in its SCHEMA, RECORD, ACTIVATE_VERSION and BATCH messages.',
  notes: [
    '`{stream}` stands for the name that it has. Several streams may get one name if their schemas agree, for a table that is spread over several; with versions (ACTIVATE_VERSION) that is refused, since each would delete the rows of the others.',
  ],
  setting: { type: 'string', description: 'The name, or a template: `raw_{stream}`.', examples: ['raw_{stream}'] },
  examples: [
    {
      rules: { alias: 'raw_{stream}' },
      schema: { type: 'object', properties: { id: { type: 'integer' } } },
      input: [{ id: 1 }],
      output: [{ id: 1 }],
    },
  ],
  check: (value, context) => void streamName(value, context.stream, (message) => context.problem(message)),
  prepare: (value, shape, context) => ({
    shape: { ...shape, stream: streamName(value, shape.stream, (message) => context.problem(message)) ?? shape.stream },
    apply: () => true,
  }),
});
