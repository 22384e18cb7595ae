import { defineOperation } from '../operation.ts';

export default defineOperation({
  name: 'keep',
  group: 'privacy',
  summary: 'Leaves the value as it is, and says so: for the rule `unlisted` the field is a listed one.',
  parameters: {},
  examples: [{ step: 'keep', input: 'GB', output: 'GB' }],
  prepare: (_, { schema }) => ({ schema, idle: true, apply: (value) => value }),
});
