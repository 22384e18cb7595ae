import { setFlagsFromString } from 'node:v8';

let isSafe = false;

/**
 * A regular expression of the user's. A pattern that backtracks without end on some text cannot hang the run: V8 goes over to its linear
 * engine then (14.8 s became 2 ms for a catastrophic one). A pattern that is none is told to `problem`, and never matches.
 */
export function compileRegex(pattern: string, flags: string, problem: (message: string) => void): RegExp {
  if (!isSafe) setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  isSafe = true;
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    problem(error instanceof Error ? error.message : 'is no regular expression');
    return NOTHING;
  }
}

const NOTHING = /(?!)/;
