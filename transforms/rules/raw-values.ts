import { isJsonObject, type Json, type JsonSchema } from '../../singer/index.ts';
import { propertiesOf, requiredOf } from '../engine/shape.ts';
import { namesIn } from '../expression/index.ts';
import { defineRule, type RuleContext, type Shape } from '../rule.ts';

/** Values of the record under way as they were before `fields`, for `set`. */
export interface RawValues {
  /** The stream as it was then. */
  shape: Shape | undefined;
  readonly values: Map<string, Json | undefined>;
}

const SUFFIX = '_raw';

/** Those of the stream whose `set` has this context. */
export function rawValuesOf(context: RuleContext): RawValues {
  return context.shared(`raw values of ${context.stream} for ${context.path}`, () => ({ shape: undefined, values: new Map() }));
}

/** The property that `email_raw` means; undefined if that is no such name, or the name of a property. */
export function rawProperty(
  name: string,
  shape: Shape | undefined,
): { property: string; schema: JsonSchema; isSure: boolean } | undefined {
  if (shape === undefined || !name.endsWith(SUFFIX)) return undefined;
  const properties = propertiesOf(shape);
  const property = name.slice(0, -SUFFIX.length);
  if (Object.hasOwn(properties, name) || !Object.hasOwn(properties, property)) return undefined;
  const isSure = requiredOf(shape).includes(property) || shape.keys.includes(property);
  return { property, schema: properties[property]!, isSure };
}

/** The part of `set` that runs before `fields`: it keeps the values that expressions of `set` call `<name>_raw`. Not in the list of rules. */
export default defineRule({
  name: 'raw values',
  summary: 'Keeps values for `set` as they were before `fields`.',
  setting: { type: 'object', description: 'The value of `set`.' },
  examples: [],
  prepare(value, shape, context) {
    const raw = rawValuesOf(context);
    raw.shape = shape;
    const texts = Object.values(isJsonObject(value) ? value : {}).map((entry) => (isJsonObject(entry) ? entry['expr'] : entry));
    const names = new Set(texts.flatMap((text) => (typeof text === 'string' ? namesIn(text) : [])));
    const properties = [...names].flatMap((name) => rawProperty(name, shape)?.property ?? []);
    return {
      shape,
      apply(record) {
        for (const property of properties) raw.values.set(property, record.get(property));
        return true;
      },
    };
  },
});
