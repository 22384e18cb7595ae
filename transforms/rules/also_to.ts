import { streamName } from '../names.ts';
import { namesIn } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';

export default defineRule({
  name: 'also_to',
  summary: 'Copies each record, as it is after the rules before this one, to other streams, which may have rules of their own.',
  setting: {
    type: ['string', 'array'],
    description: 'The stream or streams; `{stream}` stands for the name of this one.',
    items: { type: 'string', description: 'A stream.' },
  },
  examples: [
    {
      rules: { also_to: '{stream}_copy' },
      schema: { type: 'object', properties: { id: { type: 'integer' } } },
      input: [{ id: 1 }],
      output: [{ id: 1 }, { id: 1 }],
    },
  ],
  check(value, context) {
    for (const template of namesIn(value)) streamName(template, context.stream, (message) => context.problem(message));
  },
  prepare(value, shape, context) {
    const children: Shape[] = [];
    for (const template of namesIn(value)) {
      const stream = streamName(template, shape.stream, (message) => context.problem(message));
      if (stream === undefined) continue;
      if (stream === shape.stream || children.some((child) => child.stream === stream)) {
        context.problem(`${stream} would have each record twice`);
      } else children.push({ ...shape, stream });
    }
    return {
      shape,
      children,
      apply(record, emit) {
        const copy = record.toObject();
        for (const { stream } of children) emit.child(stream, copy);
        return true;
      },
    };
  },
});
