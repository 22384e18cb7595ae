import { isJsonObject, type Json, nearest, type Settings } from '../../singer/index.ts';
import { checkConfig } from '../../singer/mapper/index.ts';
import { within } from '../context.ts';
import { openShape, propertiesOf, withProperties, withProperty } from '../engine/shape.ts';
import { compileSteps, type FieldProgram } from '../steps.ts';
import { allPlaces, type Place, placesOf, splitPatterns, withSchemaAt, withValueAt } from '../path.ts';
import type { RecordView } from '../record.ts';
import { asListed } from '../schemas.ts';
import { hidesSomething } from '../config/hides.ts';
import { mayMeanMore, type Strangers, strangersOf } from '../strangers.ts';
import { defineRule, type PreparedRule, type RuleContext, type Shape } from '../rule.ts';
import type { Privacy } from '../operation.ts';

export default defineRule({
  name: 'fields',
  summary: 'Steps for single fields: each value goes through its steps from first to last.',
  notes: [
    'A key is a name, a path (`address.zip`, `purchases[].sku`), a pattern (`*_email`), or several of them separated by commas. A field that several keys mean goes through the steps of each, in the order in which they stand.',
    'A key that means no field of the schema is refused; `{ "optional": true, "steps": [...] }` allows it. In rules for several streams it may be missing in some, unless its steps hide something.',
    'Where a pattern, or an optional key, has steps that hide, fields that it means and the schema does not name are taken away, and counted.',
  ],
  setting: {
    type: 'object',
    description: 'By field: one step or a list of steps. A step is the name of an operation, or `{ operation: parameters }`.',
    members: { type: ['string', 'array', 'object'], description: 'The steps.' },
  },
  examples: [
    {
      rules: { fields: { 'name, city': ['trim', 'upper'] } },
      schema: { type: 'object', properties: { name: { type: 'string' }, city: { type: ['string', 'null'] } } },
      input: [{ name: ' Ada ', city: null }],
      output: [{ name: 'ADA', city: null }],
    },
  ],
  check(value, context) {
    const shape = openShape(context.stream);
    for (const [key, given] of Object.entries(isJsonObject(value) ? value : {})) {
      const own = within(context, key);
      if (splitPatterns(key).length === 0) own.problem('names no field');
      const [place] = placesOf(key, shape);
      compileSteps(stepsOf(given ?? [], (message, at) => own.problem(message, at)).steps, place!, shape, own);
    }
  },
  prepare(value, shape, context) {
    const programs: FieldPlace[] = [];
    const open: string[] = [];
    let current = shape;
    const met = context.isForMany ? metOf(context) : undefined;
    for (const [key, given] of Object.entries(isJsonObject(value) ? value : {})) {
      const { steps, optional } = stepsOf(given ?? [], () => undefined);
      for (const pattern of splitPatterns(key)) {
        const places = placesOf(pattern, current);
        if (met !== undefined && !optional) met.set(key, met.get(key) === true || places.length > 0);
        const mayLack = optional || (context.isForMany && !hidesSomething(steps));
        if (places.length === 0 && !mayLack) tellUnknown(pattern, key, current, context);
        if (mayMeanMore(pattern, places) && hidesSomething(steps)) open.push(pattern);
        for (const place of places) {
          const program = compileSteps(steps, place, current, within(context, key));
          programs.push({ place, program });
          current = withPlace(current, place, program, !pattern.includes('*') || program.privacy !== undefined || program.idle);
          current = withAlso(current, program, within(context, key));
        }
      }
    }
    tellKeptInClear(programs, context);
    tellCopiedInClear(programs, context);
    tellHiddenBefore(programs, shape, context);
    const strangers = open.map((pattern) => strangersOf(pattern, current));
    return prepared(current, programs, {
      strangers,
      count: (by) => context.count('fields hidden that the schema does not name', by),
    });
  },
});

interface FieldPlace {
  readonly place: Place;
  readonly program: FieldProgram;
}

/** `{ steps, optional }`, or the steps themselves. */
const KEYED = {
  steps: { type: ['string', 'array', 'object'], required: true, description: 'The steps.' },
  optional: { type: 'boolean', default: false, description: 'The field need not be there.' },
} as const satisfies Settings;

function stepsOf(
  given: Json,
  problem: (message: string, at: string) => void,
): { readonly steps: readonly Json[]; readonly optional: boolean } {
  if (!isJsonObject(given) || !Object.hasOwn(given, 'steps')) return { steps: listOf(given), optional: false };
  const { config, problems, unknown } = checkConfig(KEYED, given);
  for (const { path, message } of problems) problem(message, path);
  for (const { path, nearest } of unknown)
    problem(`is not known beside steps${nearest === undefined ? '' : `; did you mean ${nearest}?`}`, path);
  return { steps: listOf((config['steps'] ?? []) as Json), optional: config['optional'] === true };
}

function listOf(given: Json): readonly Json[] {
  return Array.isArray(given) ? (given as readonly Json[]) : [given];
}

/** Keys of rules for several streams, and whether one of these had such a field. What none had is told at the end of the run. */
function metOf(context: RuleContext): Map<string, boolean> {
  const { log, path } = context;
  return context.shared(`fields met for ${path}`, () => {
    const met = new Map<string, boolean>();
    context.onClose(() => {
      for (const [key, isMet] of met) if (!isMet) log.warn('Rules have met no field', { rules: path, field: key });
    });
    return met;
  });
}

function tellUnknown(pattern: string, key: string, shape: Shape, context: RuleContext): void {
  const near = nearest(pattern, allPlaces(shape));
  context.problem(
    `the schema of ${shape.stream} has no field ${pattern}${near === undefined ? '' : `; did you mean ${near}?`}`,
    key,
  );
}

/** What one step keeps, no other may hide. */
function tellKeptInClear(programs: readonly FieldPlace[], context: RuleContext): void {
  for (const { place, program } of programs) {
    if (!programs.some((other) => other.place.name === place.name && other.program.privacy !== undefined)) continue;
    if (program.shows) context.problem(`would log values of ${place.name}, which is hidden: leave report out`, place.text);
    for (const name of program.keeps) context.problem(`${name} would keep in clear what is hidden in ${place.name}`, place.name);
  }
}

/** A field that takes the value of another has it in clear if that is hidden only afterwards. */
function tellCopiedInClear(programs: readonly FieldPlace[], context: RuleContext): void {
  programs.forEach(({ place, program }, index) => {
    const hidden = (name: string): boolean =>
      programs.slice(index).some((later) => later.place.name === name && later.program.privacy !== undefined);
    if (programs.slice(index + 1).some((later) => later.place.text === place.text && later.program.hidesAlways)) return;
    for (const name of program.copies.filter(hidden)) {
      context.problem(`would have values of ${name} in clear, which is hidden after it: let ${name} stand before it`, place.text);
    }
  });
}

/** What an earlier rule has hidden cannot be looked for. */
function tellHiddenBefore(programs: readonly FieldPlace[], { privacy }: Shape, context: RuleContext): void {
  for (const { place, program } of programs) {
    for (const name of program.looksAt.filter((name) => Object.hasOwn(privacy, name))) {
      context.problem(`cannot look for values of ${name}, which an earlier rule has hidden`, place.text);
    }
  }
}

/**
 * The shape after the steps of one place. It is `listed` if the config means this very field: a pattern that only cleans must not let pass
 * in clear what a source adds later.
 */
function withPlace(shape: Shape, { name, steps }: Place, program: FieldProgram, listed: boolean): Shape {
  const properties = propertiesOf(shape);
  const kept = Object.fromEntries(program.keeps.map((copy) => [copy, asListed(properties[name]!)]));
  const schema = withSchemaAt(properties[name]!, steps, () => (listed ? asListed(program.schema) : program.schema));
  const next = withProperties(shape, { ...properties, [name]: schema, ...kept });
  const before = shape.privacy[name];
  const privacy = program.hidesAlways ? program.privacy : undefined;
  const strongest = privacy === undefined ? before : weaker(before, privacy);
  return strongest === undefined ? next : { ...next, privacy: { ...next.privacy, [name]: strongest } };
}

function withAlso(shape: Shape, { also }: FieldProgram, context: RuleContext): Shape {
  let next = shape;
  for (const { name, schema } of also) {
    if (Object.hasOwn(propertiesOf(next), name)) context.problem(`the schema of ${shape.stream} has a field ${name} already`);
    next = withProperty(next, name, schema, 'pseudonym');
  }
  return next;
}

/** A property of which parts were hidden in several ways is as safe as the least of them. */
function weaker(a: Privacy | undefined, b: Privacy): Privacy {
  const order: readonly Privacy[] = ['reduced', 'pseudonym', 'removed'];
  return a === undefined || order.indexOf(b) < order.indexOf(a) ? b : a;
}

function prepared(
  shape: Shape,
  programs: readonly FieldPlace[],
  { count, strangers }: { strangers: readonly Strangers[]; count: (by: number) => void },
): PreparedRule {
  const begins = programs.flatMap(({ program }) => program.begins);
  const acting = programs.filter(({ program }) => !program.idle);
  const runs = acting.map(({ place, program }) => runOf(place, program));
  /** How many of them the record under way has been through. */
  let done = 0;
  return {
    shape,
    pseudonyms: acting.filter((each) => isPseudonym(each, acting)).map(({ place }) => place.name),
    hasPseudonym: (name) => acting.findIndex(({ place }) => place.name === name) < done,
    hides: programs.filter(({ program }) => program.privacy !== undefined).map(({ place }) => place.name),
    apply(record) {
      for (const begin of begins) begin(record);
      for (done = 0; done < runs.length; done++) runs[done]!(record);
      for (const takeAway of strangers) {
        const gone = takeAway(record);
        if (gone > 0) count(gone);
      }
      return true;
    },
  };
}

/** True if nothing but a pseudonym made with a key comes out: no other steps mean the field, and no other field's value may take its place. */
function isPseudonym({ place, program }: FieldPlace, all: readonly FieldPlace[]): boolean {
  const isAlone = all.filter((other) => other.place.name === place.name).length === 1;
  const isWhole = place.steps.length === 0 && program.hidesAlways;
  return isAlone && isWhole && program.privacy === 'pseudonym' && program.isKeyed && program.reads.length === 0;
}

function runOf({ name, steps }: Place, program: FieldProgram): (record: RecordView) => void {
  let record: RecordView | undefined;
  let slot = -1;
  const put = (name: string, value: Json): void => record!.set(name, value);
  const run = (value: Json | undefined): Json | undefined => program.run(value, record!, put);
  const elsewhere = (value: Json): Json => program.elsewhere(value);
  return (given) => {
    if (record !== given) {
      record = given;
      slot = record.slot(name);
    }
    if (program.bytes !== undefined && record.rewrite(slot, program.bytes)) return;
    const before = record.at(slot);
    if (before === undefined && !program.takesAbsent) return;
    if (before !== undefined) for (const copy of program.keeps) record.set(copy, before);
    const after = steps.length === 0 ? run(before) : withValueAt(before, steps, run, elsewhere);
    if (after === before) return;
    if (after === undefined) record.deleteAt(slot);
    else record.setAt(slot, after);
  };
}
