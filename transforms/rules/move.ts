import { isJsonObject, type Json, type JsonSchema } from '../../singer/index.ts';
import { propertiesOf, withProperties } from '../engine/shape.ts';
import { RecordFault, recordPolicy } from '../fault.ts';
import { ITEMS, type Place, placesOf } from '../path.ts';
import { emptyPlan, plan, planApply, planShape } from '../plan.ts';
import { readerOf, tellUnknown } from '../places.ts';
import { defineRule, type Shape } from '../rule.ts';

export default defineRule({
  name: 'move',
  summary: 'Takes members of nested objects to the top of the record.',
  notes: [
    'On the left the path, on the right the new field. A member that is absent makes no field. `rename` is for new names in the same place.',
  ],
  setting: {
    type: 'object',
    description: 'A map from paths to new fields.',
    members: { type: 'string', description: 'The new field.' },
  },
  examples: [
    {
      rules: { move: { 'address.city': 'city' } },
      schema: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          address: { type: 'object', properties: { city: { type: 'string' }, zip: { type: 'string' } } },
        },
      },
      input: [{ id: 1, address: { city: 'Oslo', zip: '0150' } }],
      output: [{ id: 1, address: { zip: '0150' }, city: 'Oslo' }],
    },
  ],
  prepare(value, shape, context) {
    const policy = recordPolicy(context.defaults.onError);
    const moves: { readonly place: Place; readonly to: string }[] = [];
    for (const [path, to] of Object.entries(isJsonObject(value) ? value : {})) {
      const [place, ...others] = placesOf(path, shape);
      if (place === undefined) tellUnknown(path, shape, context, path);
      else if (others.length > 0 || place.steps.length === 0 || place.steps.includes(ITEMS)) {
        context.problem('must mean one member of a nested object', path);
      } else if (Object.hasOwn(propertiesOf(shape), to) || moves.some((move) => move.to === to)) {
        context.problem(`two fields would have the name ${to}`, path);
      } else moves.push({ place, to });
    }
    const root = emptyPlan(false);
    for (const { place } of moves) plan(root, place, undefined);
    const leave = planApply(root, policy);
    const reads = moves.map(({ place, to }) => ({ to, read: readerOf(place) }));
    return {
      shape: moved(
        planShape(shape, root, () => undefined),
        shape,
        moves,
      ),
      apply(record, emit) {
        const values = reads.map(({ read, to }): [string, Json | undefined] => [to, read(record)]);
        const taken = values.find(([to]) => record.has(to))?.[0];
        if (taken !== undefined) {
          throw new RecordFault({
            policy,
            rule: 'name-taken',
            field: taken,
            message: 'the record has a field of the new name already',
          });
        }
        leave(record, emit);
        for (const [to, own] of values) if (own !== undefined) record.set(to, own);
        return true;
      },
    };
  },
});

function moved(next: Shape, before: Shape, moves: readonly { readonly place: Place; readonly to: string }[]): Shape {
  const made = moves.map(({ place, to }): [string, JsonSchema] => [to, place.schema]);
  const hidden = moves.flatMap(({ place, to }) => {
    const privacy = before.privacy[place.name];
    return privacy === undefined ? [] : [[to, privacy] as const];
  });
  const shape = withProperties(next, { ...propertiesOf(next), ...Object.fromEntries(made) });
  return { ...shape, privacy: { ...shape.privacy, ...Object.fromEntries(hidden) } };
}
