import { propertiesOf, withProperties } from '../engine/shape.ts';
import { recordPolicy } from '../fault.ts';
import { emptyPlan, plan, planApply, planShape } from '../plan.ts';
import { placesOf, splitPatterns, withSchemaAt } from '../path.ts';
import { membersAt, namesIn, refuseLostKeys } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';
import { asListed } from '../schemas.ts';

export default defineRule({
  name: 'keep',
  summary: 'Keeps the fields that it names and takes all others away, those too that the schema does not name.',
  notes: ['A key property that is not named is refused unless `keys` says what takes its place.'],
  setting: {
    type: ['array', 'string'],
    description: 'Names, paths and patterns.',
    items: { type: 'string', description: 'A field.' },
  },
  examples: [
    {
      rules: { keep: ['id', 'items[].sku'] },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          name: { type: 'string' },
          items: {
            type: 'array',
            items: { type: 'object', properties: { sku: { type: 'integer' }, price: { type: 'number' } }, required: ['price'] },
          },
        },
      },
      keys: ['id'],
      input: [{ id: 1, name: 'Ada', items: [{ sku: 7, price: 2.5 }] }],
      output: [{ id: 1, items: [{ sku: 7 }] }],
    },
  ],
  prepare(value, shape, context) {
    const places = membersAt(namesIn(value), shape, context);
    const root = emptyPlan(true);
    for (const place of places) plan(root, place, (place.steps.at(-1) ?? place.name) as string);
    const names = Object.keys(propertiesOf(shape));
    refuseLostKeys(
      shape,
      names.filter((name) => !root.members.has(name)),
      context,
    );
    return {
      shape: withListed(
        planShape(shape, root, () => undefined),
        namesIn(value),
      ),
      // Of a field that is kept in part, the rest is not to be seen.
      hides: names.filter((name) => !root.members.has(name) || root.members.get(name)!.below !== undefined),
      apply: planApply(root, recordPolicy(context.defaults.onError)),
    };
  },
});

/** For the rule `unlisted`: what is named here, not only meant by a pattern, is listed. */
function withListed(shape: Shape, patterns: readonly string[]): Shape {
  const exact = patterns.flatMap(splitPatterns).filter((pattern) => !pattern.includes('*'));
  let properties = propertiesOf(shape);
  for (const { name, steps } of exact.flatMap((pattern) => placesOf(pattern, shape))) {
    properties = { ...properties, [name]: withSchemaAt(properties[name]!, steps, asListed) };
  }
  return withProperties(shape, properties);
}
