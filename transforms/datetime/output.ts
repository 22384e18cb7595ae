import type { JsonSchema } from '../../singer/index.ts';
import { schemaLike } from '../schemas.ts';
import { MOST_DIGITS } from './convert.ts';
import {
  patternWriter,
  writeClock,
  writeDate,
  writeDateTime,
  writeEpochMilliseconds,
  writeEpochSeconds,
  type Writer,
  writeYear,
} from './write.ts';

/** A form of the result. */
export interface Output {
  readonly write: Writer;
  readonly type: 'string' | 'integer';
  /** Of the schema. */
  readonly format?: string;
  /** A date alone is written as it is, in no zone. */
  readonly keepsDates: boolean;
  /** Digits of a second that it can show. */
  readonly digits: number;
}

const NAMED: Readonly<Record<string, Output>> = {
  'date-time': { write: writeDateTime, type: 'string', format: 'date-time', keepsDates: false, digits: MOST_DIGITS },
  date: { write: writeDate, type: 'string', format: 'date', keepsDates: true, digits: MOST_DIGITS },
  time: { write: writeClock, type: 'string', format: 'time', keepsDates: false, digits: MOST_DIGITS },
  epoch_s: { write: writeEpochSeconds, type: 'integer', keepsDates: false, digits: 0 },
  epoch_ms: { write: writeEpochMilliseconds, type: 'integer', keepsDates: false, digits: 3 },
  year: { write: writeYear, type: 'integer', keepsDates: true, digits: MOST_DIGITS },
};

export const OUTPUT_NAMES: readonly string[] = Object.keys(NAMED);

/** The output of a name or a pattern. A string: what is wrong with it. */
export function outputOf(given: string, o: { readonly locale: string; readonly zoneName: string }): Output | string {
  if (Object.hasOwn(NAMED, given)) return NAMED[given]!;
  const pattern = patternWriter(given, o);
  if (typeof pattern === 'string') return pattern;
  return { write: pattern.write, type: 'string', keepsDates: !pattern.hasTime, digits: MOST_DIGITS };
}

/** The schema of what comes out; null is in it if it was before. */
export function outputSchema({ type, format }: Output, before: JsonSchema): JsonSchema {
  return schemaLike(before, type, format === undefined ? {} : { format });
}
