import { InputError } from '../errors.ts';

/** Where the reader stands. */
export interface Place {
  /** The line read last, or being read; counted from 1 in its source. */
  line: number;
  /** The BATCH file that the line is of; undefined for the input itself. */
  file: string | undefined;
}

/** `Line 5 of the input`, for messages. */
export function lineText({ line, file }: Place): string {
  return `Line ${line} of ${file ?? 'the input'}`;
}

/** The same as fields. */
export function placeFacts({ line, file }: Place): { readonly line: number; readonly file?: string } {
  return file === undefined ? { line } : { line, file };
}

/** What the message of a fault says beside its line; never a value. */
export interface Fault {
  readonly what: string;
  readonly code: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
}

/** The error for a malformed line. */
export function faultAt(place: Place, { what, code, facts, hint }: Fault): InputError {
  return new InputError(`${lineText(place)}: ${what}`, {
    code,
    facts: { ...placeFacts(place), ...facts },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Does something with a line; what is nested too deep for this process's stack fails with InputError `input-too-deep`. */
export function orTooDeep(place: Place, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes('call stack'))) throw error;
    throw faultAt(place, {
      what: 'is nested too deep to be read',
      code: 'input-too-deep',
      hint: 'Have the upstream send such values as text.',
    });
  }
}
