import type { ApiError } from '../google/api-error.ts';

/** What a load job says of one line of its file. The job's own text is not kept: it often holds the line's values. */
export interface LineError {
  /** Where the line begins in its file, in bytes, before compression. */
  readonly position: number;
  /** Address of the file, where a job has several: `gs://bucket/name`. */
  readonly file?: string;
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
const FILE = /file:\s*(gs:\/\/\S+?)[.,;]?(?:\s|$)/i;
const LAST_FILE = /\sfile:\s*(gs:\/\/\S+)$/i;
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
  const byPlace = new Map<string, LineError>();
  for (const { location, message = '', reason } of errors) {
    if (reason !== 'invalid') continue;
    const position = positionIn(beforeValue(message)) ?? (/^\d+$/.test(location ?? '') ? Number(location) : undefined);
    const file = fileIn(location, message);
    const place = `${position} ${file ?? ''}`;
    if (position === undefined || byPlace.has(place)) continue;
    const column = COLUMN.exec(beforeValue(message))?.[1];
    byPlace.set(place, {
      position,
      rule: ruleIn(beforeValue(message)),
      ...(file === undefined ? {} : { file }),
      ...(column === undefined ? {} : { column }),
    });
  }
  return [...byPlace.values()].toSorted((a, b) => a.position - b.position);
}

/** A file is the location of its errors; of some only the text tells it, before the value or at the very end. */
function fileIn(location: string | undefined, message: string): string | undefined {
  if (location?.startsWith('gs://')) return location;
  return FILE.exec(beforeValue(message))?.[1] ?? LAST_FILE.exec(message)?.[1];
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
