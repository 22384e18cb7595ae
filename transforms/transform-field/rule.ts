import { columnOf, type Json, nearest } from '../../singer/index.ts';
import { within } from '../context.ts';
import { openShape, propertiesOf, withProperties } from '../engine/shape.ts';
import { RecordFault } from '../fault.ts';
import type { Fields } from '../operation.ts';
import { withSchemaAt } from '../path.ts';
import type { RecordView } from '../record.ts';
import type { Rule, RuleContext, Shape } from '../rule.ts';
import { asListed } from '../schemas.ts';
import { compileSteps, either, type FieldProgram } from '../steps.ts';
import { type Condition, compileConditions } from './condition.ts';
import { changeAt, segmentsOf } from './json-path.ts';
import { placeAt, tellUnknownPath } from './place.ts';
import { fieldTypeOf } from './types.ts';

/** One entry of the setting `transformations`. */
export interface Transformation {
  readonly field_id: string;
  /** One that is known. */
  readonly type: string;
  readonly field_paths: readonly string[] | undefined;
  readonly when: readonly Condition[] | undefined;
  /** Where it stands in the list. */
  readonly at: string;
}

interface Compiled {
  readonly holds: ((record: Fields) => boolean) | undefined;
  readonly name: string;
  apply(record: RecordView): void;
}

/** What transform-field does, without its leaks: a value that cannot be transformed ends the run, it does not pass. Not a rule of `transforms`. */
export const transformFieldRule: Rule = {
  name: 'transformations',
  summary: 'Rules of transform-field.',
  setting: { type: 'array', description: 'Entries of one stream.' },
  examples: [],
  check(value, context) {
    const shape = openShape(context.stream);
    for (const { at, when } of entriesOf(value)) if (when !== undefined) compileConditions(when, shape, context, `${at}.when`);
  },
  prepare(value, shape, context) {
    const compiled: Compiled[] = [];
    let current = shape;
    for (const given of entriesOf(value)) {
      const holds = given.when && compileConditions(given.when, shape, context, `${given.at}.when`);
      for (const path of given.field_paths ?? ['']) {
        const next = compileOne(given, path, { current, context, isConditional: holds !== undefined });
        if (next === undefined) continue;
        current = next.shape;
        compiled.push({ name: given.field_id, holds, apply: next.apply });
      }
    }
    // Conditions are about the record as it came: one whose own field is hidden first would never hold, and let the other pass in clear.
    const meant = compiled.map(() => true);
    return {
      shape: current,
      hides: compiled.map(({ name }) => name),
      apply(record) {
        for (const [index, { holds }] of compiled.entries()) meant[index] = holds === undefined || holds(record);
        for (const [index, one] of compiled.entries()) if (meant[index] === true) one.apply(record);
        return true;
      },
    };
  },
};

/** The layer made it. */
function entriesOf(value: unknown): readonly Transformation[] {
  return value as readonly Transformation[];
}

function compileOne(
  { at, field_id: name, type: given }: Transformation,
  path: string,
  { context, current, isConditional }: { context: RuleContext; current: Shape; isConditional: boolean },
): { readonly shape: Shape; readonly apply: Compiled['apply'] } | undefined {
  const found = fieldTypeOf(given)!;
  const properties = propertiesOf(current);
  if (!Object.hasOwn(properties, name)) {
    const near = nearest(name, Object.keys(properties));
    context.problem(
      `the schema of ${current.stream} has no field ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
      `${at}.field_id`,
    );
    return undefined;
  }
  const segments = segmentsOf(path);
  const place = placeAt(name, segments, current);
  if (place === 'unknown') {
    tellUnknownPath(name, path, current, (message) => context.problem(message, `${at}.field_paths`));
    return undefined;
  }
  const { type } = columnOf(name, place.schema);
  if (found.type.takes !== undefined && !found.type.takes.includes(type)) {
    context.problem(`${given} is not for a field of the type ${type}`, `${at}.type`);
    return undefined;
  }
  const program = compileSteps([found.type.step(place.schema, found.n)], place, current, within(context, at));
  const schema = isConditional ? either(place.schema, program.schema) : program.schema;
  const changed = { ...properties, [name]: withSchemaAt(properties[name]!, place.steps, () => asListed(schema)) };
  const shape = place.isDeclared ? withProperties(current, changed) : current;
  const meet = place.isDeclared ? () => undefined : meeting(name, path, context);
  return {
    shape: isConditional || segments.length > 0 ? shape : { ...shape, privacy: { ...shape.privacy, [name]: program.privacy! } },
    apply: applyAt(name, segments, program, meet),
  };
}

/** Where the schema does not say what is in an object, a mistyped path shows only at the end: no record has had it. */
function meeting(name: string, path: string, context: RuleContext): () => void {
  const { log, stream } = context;
  let isMet = false;
  context.onClose(() => {
    if (!isMet) log.warn('A path of transformations was met in no record', { stream, field: name, path });
  });
  return () => {
    isMet = true;
  };
}

function applyAt(name: string, segments: readonly string[], program: FieldProgram, meet: () => void): Compiled['apply'] {
  return (record) => {
    const before = record.get(name);
    if (before === undefined && (segments.length > 0 || !program.takesAbsent)) return;
    const run = (value: Json | undefined): Json | undefined => {
      meet();
      return program.run(value, record, (other, value) => record.set(other, value));
    };
    const after =
      segments.length === 0 ? run(before) : changeAt(before!, segments, { change: run, elsewhere: () => refuse(name) });
    if (after === undefined) record.delete(name);
    else if (after !== before) record.set(name, after);
  };
}

function refuse(field: string): never {
  throw new RecordFault({
    policy: 'fail',
    rule: 'wrong-kind',
    field,
    message: 'a value stands where field_paths go on, so that what they mean cannot be hidden',
  });
}
