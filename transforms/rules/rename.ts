import { type JsonObject, nearest } from '../../singer/index.ts';
import { partsOf } from '../context.ts';
import { openShape, propertiesOf } from '../engine/shape.ts';
import { recordPolicy } from '../fault.ts';
import { STYLES } from '../names.ts';
import { allPlaces, ITEMS, type Place, placesOf } from '../path.ts';
import { emptyPlan, plan, planApply, planShape } from '../plan.ts';
import { tellUnknown } from '../places.ts';
import { compileRegex } from '../regex.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';

const FORM: ReadonlySet<string> = new Set(['pattern', 'to', 'style', 'nested']);

export default defineRule({
  name: 'rename',
  summary: 'Gives fields other names. Their schema goes with them; keys and bookmarks follow.',
  notes: [
    'A map has paths on the left (`purchases.products[].quanitity`) and the new name of their last part on the right. All changes of a map are made at once, so that two fields can swap their names.',
    '`pattern` is a regular expression: what it finds in a name becomes `to` (`$1` is its first group). `style` is the spelling that names get: `snake_case`, `kebab-case`, `camelCase`, `PascalCase`, `lower`, `upper`; with a pattern, only names in which that is found. Nested names are left as they are unless `nested` is true.',
    'A list of maps and patterns is worked off one after the other.',
    'Two fields with one name afterwards are refused; so is a record that has a field of the new name which its schema does not have.',
  ],
  setting: {
    type: ['object', 'array'],
    description: 'A map of paths to new names; `{pattern, to}`; `{style}`; or a list of these.',
    items: { type: 'object', description: 'A map, a pattern or a style.' },
  },
  examples: [
    {
      rules: { rename: { 'customer-id': 'customer_id', 'purchases[].quanitity': 'quantity' } },
      schema: {
        type: 'object',
        properties: {
          'customer-id': { type: 'integer' },
          purchases: { type: 'array', items: { type: 'object', properties: { quanitity: { type: 'integer' } } } },
        },
      },
      input: [{ 'customer-id': 1, purchases: [{ quanitity: 2 }] }],
      output: [{ customer_id: 1, purchases: [{ quantity: 2 }] }],
    },
    {
      rules: { rename: { a: 'b', b: 'a' } },
      schema: { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } } },
      input: [{ a: 1, b: 'x' }],
      output: [{ b: 1, a: 'x' }],
    },
    {
      rules: { rename: [{ style: 'snake_case' }, { pattern: '^cust_', to: 'customer_' }] },
      schema: { type: 'object', properties: { CustName: { type: 'string' }, 'e-mail': { type: 'string' } } },
      input: [{ CustName: 'Ada', 'e-mail': 'a@example.com' }],
      output: [{ customer_name: 'Ada', e_mail: 'a@example.com' }],
    },
  ],
  check(value, context) {
    const shape = openShape(context.stream);
    for (const [round, own] of partsOf<JsonObject>(value, context)) {
      if (isForm(round, shape, own)) {
        // Without these two it may yet be about fields that are called style and pattern.
        if (Object.hasOwn(round, 'to') || typeof round['nested'] === 'boolean') formChanges(round, shape, own);
      } else mapChanges(round, shape, own);
    }
  },
  prepare(value, shape, context) {
    const prepared: PreparedRule[] = [];
    let current = shape;
    for (const [round, own] of partsOf<JsonObject>(value, context)) {
      const next = prepareRound(round, current, own);
      current = next.shape;
      prepared.push(next);
    }
    return {
      shape: current,
      reuses: prepared.flatMap(({ reuses }) => reuses ?? []),
      apply: (record, emit) => prepared.every((round) => round.apply(record, emit)),
    };
  },
});

function prepareRound(given: JsonObject, shape: Shape, context: RuleContext): PreparedRule {
  const changes = isForm(given, shape, context) ? formChanges(given, shape, context) : mapChanges(given, shape, context);
  const root = emptyPlan(false);
  for (const { place, to } of changes) plan(root, place, to);
  const next = planShape(shape, root, (path, name) =>
    context.problem(`two fields${path === '' ? '' : ` of ${path}`} would have the name ${name}`),
  );
  const renamed = changes.flatMap(({ place, to }) => (place.steps.length === 0 && to !== place.name ? [to] : []));
  return { shape: next, reuses: renamed, apply: planApply(root, recordPolicy(context.defaults.onError)) };
}

interface Renaming {
  readonly place: Place;
  readonly to: string;
}

/** `{ style: 'lower' }` may also give the field `style` the name `lower`. */
function isForm(given: JsonObject, shape: Shape, context: RuleContext): boolean {
  const names = Object.keys(given);
  if (names.length === 0 || !names.every((name) => FORM.has(name)) || !(names.includes('style') || names.includes('pattern'))) {
    return false;
  }
  const properties = propertiesOf(shape);
  const also = names.filter((name) => Object.hasOwn(properties, name));
  if (also.length === 0) return true;
  const isStyle = typeof given['style'] === 'string' && Object.hasOwn(STYLES, given['style']);
  if (!isStyle && !names.includes('to')) return false;
  context.problem(
    `may mean the field ${also[0]} or a way to spell names; name another field beside it, or write the path as a pattern (${also[0]!.slice(0, -1)}*)`,
  );
  return false;
}

function mapChanges(given: JsonObject, shape: Shape, context: RuleContext): Renaming[] {
  return Object.entries(given).flatMap(([path, to]) => {
    if (typeof to !== 'string' || to === '') {
      context.problem('must be the new name', path);
      return [];
    }
    const places = placesOf(path, shape);
    if (places.length === 0) tellUnknown(path, shape, context, path);
    if (places.some(({ steps }) => steps.at(-1) === ITEMS)) {
      context.problem('means the items of a list, which have no name', path);
      return [];
    }
    return places.map((place) => ({ place, to }));
  });
}

function formChanges(given: JsonObject, shape: Shape, context: RuleContext): Renaming[] {
  const { nested, pattern, style, to } = given;
  const restyle = typeof style === 'string' && Object.hasOwn(STYLES, style) ? STYLES[style]! : undefined;
  if (style !== undefined && restyle === undefined) {
    const near = typeof style === 'string' ? nearest(style, Object.keys(STYLES)) : undefined;
    context.problem(
      `must be one of ${Object.keys(STYLES).join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
      'style',
    );
  }
  if (pattern !== undefined && typeof pattern !== 'string') context.problem('must be a regular expression', 'pattern');
  if (pattern !== undefined && style === undefined && typeof to !== 'string') context.problem('is required beside pattern', 'to');
  if (to !== undefined && (typeof to !== 'string' || pattern === undefined || style !== undefined))
    context.problem('goes with pattern alone', 'to');
  const regex =
    typeof pattern === 'string' ? compileRegex(pattern, 'gu', (message) => context.problem(message, 'pattern')) : undefined;
  if (pattern !== undefined && regex === undefined) return [];
  const newName = (name: string): string => {
    if (regex !== undefined && name.search(regex) < 0) return name;
    if (restyle !== undefined) return restyle(name);
    return regex === undefined || typeof to !== 'string' ? name : name.replaceAll(regex, to);
  };
  return placesIn(shape, nested === true).flatMap((place) => {
    const before = (place.steps.at(-1) ?? place.name) as string;
    const after = newName(before);
    if (after === '') context.problem(`${place.text} would have no name`, 'pattern');
    return after === before || after === '' ? [] : [{ place, to: after }];
  });
}

/** All fields, or those at the top. */
function placesIn(shape: Shape, nested: boolean): Place[] {
  const top = Object.keys(propertiesOf(shape)).flatMap((name) => placesOf(name, shape).slice(0, 1));
  if (!nested) return top;
  const below = allPlaces(shape).filter((text) => !Object.hasOwn(propertiesOf(shape), text) && !text.endsWith('[]'));
  return [...top, ...below.flatMap((text) => placesOf(text, shape).slice(0, 1))];
}
