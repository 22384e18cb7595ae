import { type Json, type JsonObject, type JsonSchema } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/mapper/index.ts';
import { keeper } from '../../../transforms/engine/keeper.ts';
import type { Field, Operation, Step } from '../../../transforms/operation.ts';

/** An operation compiled for one value, without a stream around it. */
export interface Compiled extends Step {
  /** What came out of a value; the rule of the fault if it was refused. */
  readonly of: (value: Json, record?: JsonObject) => Json | undefined;
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Compiles an operation as the engine does. `schema` is that of the value; `others` those of other properties. */
export function compile(
  operation: Operation,
  parameters: JsonObject = {},
  {
    others = {},
    schema = { type: ['string', 'null'] },
  }: { schema?: JsonSchema; others?: Readonly<Record<string, JsonSchema>> } = {},
): Compiled {
  const checked = checkConfig(operation.parameters, parameters);
  const problems = [...checked.problems, ...checked.unknown].map(({ path }) => path);
  const counts: Record<string, number> = {};
  const field = {
    stream: 's',
    path: 'value',
    schema,
    isKey: false,
    schemaOf: (name: string) => others[name],
    defaults: { locale: 'en', zone: 'UTC', onError: undefined },
    once: keeper(),
    problem: (message: string, at = '') => void problems.push(`${at}: ${message}`),
    count: (what: string, by = 1) => void (counts[what] = (counts[what] ?? 0) + by),
  } as Partial<Field> as Field;
  const step = operation.prepare(checked.config as never, field);
  return {
    ...step,
    of: (value, record = {}) => {
      try {
        return step.apply(value, { get: (name) => record[name] });
      } catch (error) {
        if (error instanceof Error && 'rule' in error) return `! ${String(error.rule)}`;
        throw error;
      }
    },
    problems,
    counts,
  };
}
