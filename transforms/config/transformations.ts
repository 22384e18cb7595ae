import { type Json, nearest, type Problem } from '../../singer/index.ts';
import type { Layer, StreamRules } from '../engine/rule-set.ts';
import { operations } from '../operations/index.ts';
import { type Transformation, transformFieldRule } from '../transform-field/rule.ts';
import { fieldTypeOf, operationNames, typeNames } from '../transform-field/types.ts';
import type { TransformConfig } from './settings.ts';

/** Reads the setting `transformations`, that of transform-field. What is wrong is put into `problems`. */
export async function transformationsLayer(
  given: NonNullable<TransformConfig['transformations']>,
  problems: Problem[],
): Promise<Layer> {
  await operations.load(operationNames);
  const streams = new Map<string, Transformation[]>();
  given.forEach(({ field_id, field_paths, tap_stream_name: stream, type, when }, index) => {
    const at = `[${index}]`;
    const path = `transformations${at}`;
    if (fieldTypeOf(type) === undefined) {
      const near = nearest(type, typeNames);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      problems.push({ path: `${path}.type`, message: `must be one of ${typeNames.join(', ')}${hint}` });
    }
    if (field_paths?.length === 0) problems.push({ path: `${path}.field_paths`, message: 'must name a path, or be left out' });
    if (when?.length === 0) problems.push({ path: `${path}.when`, message: 'must have a condition, or be left out' });
    const entries = streams.get(stream) ?? [];
    streams.set(stream, [...entries, { field_id, field_paths, type, when, at }]);
  });
  const met = new Set<string>();
  const unmet = (): { path: string; name: string }[] =>
    [...streams].filter(([name]) => !met.has(name)).map(([name, [first]]) => ({ path: `transformations${first!.at}`, name }));
  return {
    name: 'transformations',
    entries: [...streams].map(([stream, entries]) => ({ stream, rules: rulesOf(entries) })),
    find(stream) {
      const entries = streams.get(stream);
      if (entries === undefined) return undefined;
      met.add(stream);
      return rulesOf(entries);
    },
    hides: (stream) => (streams.has(stream) ? true : undefined),
    unmet: () => unmet().map(({ name, path }) => ({ path, pattern: name })),
    guarded: unmet,
  };
}

/** Rules take what stands in a config, which is JSON. */
function rulesOf(entries: readonly Transformation[]): StreamRules {
  const value = entries.map((entry) => ({ ...entry })) as Json;
  const call = { rule: transformFieldRule, value, path: 'transformations' };
  return { kind: 'rules', calls: [call], path: 'transformations', personal: false, onError: undefined };
}
