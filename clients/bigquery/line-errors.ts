import type { ApiError } from './api-error.ts';

/** What a load job says of one line of its file. The job's own text is not kept: it often holds the line's values. */
export interface LineError {
  /** Where the line begins in its file, in bytes, before compression. */
  readonly position: number;
  /** Name of the column, if it is told. */
  readonly column?: string;
  /** Why, in a word: see `RULES`. */
  readonly rule: string;
}

/** Where a line begins, in the texts that are known: each names it in another way. */
const POSITIONS = [
  /(?:starting at |at )(?:position|location|offset|byte)\s*:?\s*(\d+)/i,
  /(?:byte[ _]offset to start of line|offset)\s*:\s*(\d+)/i,
];
const COLUMN = /(?:field|column|No such field):\s*[`'"]?([A-Za-z_]\w*)/i;

/** By what a text has in it. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/convert value|could not parse|cannot parse|invalid value|bad .*value/i, 'type'],
  [/only optional fields can be set to null|missing required|required field/i, 'required'],
  [/no such field/i, 'unknown-field'],
  [/maximum length|too long|length constraint/i, 'maxLength'],
  [/row size|larger than/i, 'row-size'],
  [/out of range|overflow|precision|scale/i, 'range'],
];

/** The lines that the errors of a load job name; those that name none (the summary of all) are left out. */
export function lineErrors(errors: readonly ApiError[]): readonly LineError[] {
  const byPosition = new Map<number, LineError>();
  for (const { location, message = '', reason } of errors) {
    if (reason !== 'invalid') continue;
    const position = positionIn(beforeValue(message)) ?? (/^\d+$/.test(location ?? '') ? Number(location) : undefined);
    if (position === undefined || byPosition.has(position)) continue;
    const column = COLUMN.exec(beforeValue(message))?.[1];
    byPosition.set(position, { position, rule: ruleIn(beforeValue(message)), ...(column === undefined ? {} : { column }) });
  }
  return [...byPosition.values()].toSorted((a, b) => a.position - b.position);
}

/** Why a row is refused, in a word. */
function ruleIn(message: string): string {
  return RULES.find(([pattern]) => pattern.test(message))?.[1] ?? 'invalid';
}

/** A value could look like anything. */
function beforeValue(message: string): string {
  return message.split(/\bvalue:/i)[0]!;
}

function positionIn(message: string): number | undefined {
  const match = POSITIONS.map((pattern) => pattern.exec(message)).find((found) => found !== null);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
