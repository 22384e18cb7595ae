import { type Check, defineCheck, type PreparedCheck, type ValueCheck } from '../check.ts';
import { splitPatterns } from '../path.ts';
import { namesIn, placesNamed, tellUnknown, valuesReaderOf } from '../places.ts';
import { parametersIn } from './parameters.ts';
import anyNotNull from './any_not_null.ts';
import compare from './compare.ts';
import distinctCount from './distinct_count.ts';
import existsIn from './exists_in.ts';
import expression from './expression.ts';
import freshness from './freshness.ts';
import jsonSchema from './json_schema.ts';
import monotonic from './monotonic.ts';
import nullRate from './null_rate.ts';
import rowCount from './row_count.ts';
import sum from './sum.ts';
import sumEquals from './sum_equals.ts';
import { compoundUnique, unique } from './unique.ts';
import { valueChecks } from './value-checks.ts';

/** Every check of a stream, in the order of the docs. */
export const checks: readonly Check[] = [
  ...valueChecks.map(ofField),
  anyNotNull,
  unique,
  compoundUnique,
  jsonSchema,
  compare,
  sumEquals,
  monotonic,
  existsIn,
  expression,
  sum,
  freshness,
  rowCount,
  nullRate,
  distinctCount,
];

export const checkNames: readonly string[] = checks.map(({ name }) => name);

export function checkOf(name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}

/** The check of a stream that puts a check of a value to some of its fields. */
function ofField(check: ValueCheck): Check {
  const { name, takesNull } = check;
  return defineCheck({
    name,
    of: 'record',
    summary: `${check.summary}${takesNull === true ? '' : ' Null and absent values are not asked.'}`,
    parameters: {
      field: { type: ['array', 'string'], required: true, description: 'The fields: names, paths and patterns.' },
      ...check.parameters,
    },
    ...(Object.keys(check.parameters).length === 0 ? { main: 'field' } : {}),
    examples: [],
    prepare({ field, ...given }, shape, context): PreparedCheck[] {
      return namesIn(field)
        .flatMap(splitPatterns)
        .flatMap((pattern) => {
          const places = placesNamed(pattern, shape, context);
          if (places.length === 0) tellUnknown(pattern, shape, context, 'field');
          return places.map((place): PreparedCheck => {
            const own = parametersIn(check, given, (message, at) => context.problem(message, at)) ?? {};
            const holds = check.prepare(own as never, place.schema, (message, at) => context.problem(message, at));
            const read = valuesReaderOf(place);
            return {
              kind: 'record',
              field: place.text,
              passes: (record) =>
                read(record).every((value) => {
                  const known = value ?? null;
                  return (known === null && takesNull !== true) || holds(known);
                }),
            };
          });
        });
    },
  });
}
