import { ExactNumber, type Json, nearest } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { propertiesOf, propertyOf } from '../engine/shape.ts';
import type { Fields } from '../operation.ts';
import { compileRegex } from '../regex.ts';
import type { RuleContext, Shape } from '../rule.ts';
import { segmentsOf, valuesAt } from './json-path.ts';
import { placeAt, tellUnknownPath } from './place.ts';

/** As in the config. */
export interface Condition {
  readonly column: string;
  readonly field_path: string | undefined;
  readonly equals: Json | undefined;
  readonly regex_match: string | undefined;
}

/** Compiles conditions that must all hold. Tells `context` what is wrong. */
export function compileConditions(
  given: readonly Condition[],
  shape: Shape,
  context: RuleContext,
  at: string,
): (record: Fields) => boolean {
  const all = given.map((condition, index) => compileCondition(condition, shape, context, `${at}[${index}]`));
  return (record) => all.every((holds) => holds(record));
}

function compileCondition(
  { column, equals, field_path: path, regex_match: pattern }: Condition,
  shape: Shape,
  context: RuleContext,
  at: string,
): (record: Fields) => boolean {
  if (propertyOf(shape, column) === undefined) {
    const near = nearest(column, Object.keys(propertiesOf(shape)));
    context.problem(
      `the schema of ${shape.stream} has no field ${column}${near === undefined ? '' : `; did you mean ${near}?`}`,
      `${at}.column`,
    );
  }
  const segments = segmentsOf(path);
  // A condition on a path that is mistyped would never hold, and let the value pass.
  if (Object.hasOwn(propertiesOf(shape), column) && placeAt(column, segments, shape) === 'unknown') {
    tellUnknownPath(column, path!, shape, (message) => context.problem(message, `${at}.field_path`));
  }
  if (equals === undefined && pattern === undefined) context.problem('must say equals or regex_match', at);
  const regex =
    pattern === undefined ? undefined : compileRegex(pattern, 'u', (message) => context.problem(message, `${at}.regex_match`));
  return (record) => {
    const values = valuesAt(record.get(column), segments);
    return (
      (equals === undefined || values.some((value) => isSame(value, equals))) &&
      (regex === undefined || values.some((value) => value !== null && regex.test(canonicalOf(value))))
    );
  };
}

/** Equal values of one kind: 0 and 0.0 are, 0 and false are not. */
function isSame(a: Json, b: Json): boolean {
  return kindOf(a) === kindOf(b) && canonicalOf(a) === canonicalOf(b);
}

function kindOf(value: Json): string {
  if (value instanceof ExactNumber) return 'number';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
