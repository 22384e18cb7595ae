import { isJsonObject, type Json, type JsonObject, nearest } from '../../singer/index.ts';
import { type Check, COMMON_CHECK_PARAMETERS, type Severity } from '../check.ts';
import type { Threshold } from '../threshold.ts';
import { THRESHOLD_FORM, thresholdOf } from '../threshold.ts';
import { checkNames, checkOf } from './index.ts';
import { parametersIn } from './parameters.ts';

/** One item of the list `checks`. */
export interface CheckCall {
  readonly check: Check;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly severity: Severity;
  readonly threshold: Threshold | undefined;
  readonly when: Json | undefined;
}

export type Tell = (message: string, at?: string) => void;

/** Tells, and gives nothing. */
function refuse(problem: Tell, message: string, at?: string): undefined {
  problem(message, at);
  return undefined;
}

/**
 * Reads `{ check: parameters }`; what every check takes may stand within the parameters or beside them. Undefined if something is wrong,
 * which `problem` is told.
 */
export function checkCallOf(given: Json, problem: Tell): CheckCall | undefined {
  if (!isJsonObject(given)) return refuse(problem, 'must be an object with the name of a check and its parameters');
  const [beside, named] = split(given);
  const [name, ...others] = Object.keys(named);
  if (name === undefined || others.length > 0) {
    return refuse(problem, name === undefined ? 'must name a check' : `names several checks: ${Object.keys(named).join(', ')}`);
  }
  const check = checkOf(name);
  if (check === undefined) {
    const near = nearest(name, checkNames);
    return refuse(problem, `there is no check ${name}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const value = named[name]!;
  const [within, own] = isJsonObject(value) ? split(value) : [{}, value];
  const below: Tell = (message, at = '') => problem(message, at === '' ? name : `${name}.${at}`);
  const common = commonOf({ ...beside, ...within }, check.of, below);
  const parameters = parametersIn(check, own, below);
  return parameters === undefined || common === undefined ? undefined : { check, parameters, ...common };
}

/** What every check takes, and the rest. */
function split(given: JsonObject): [JsonObject, JsonObject] {
  const entries = Object.entries(given);
  const isCommon = ([name]: [string, unknown]): boolean => Object.hasOwn(COMMON_CHECK_PARAMETERS, name);
  return [Object.fromEntries(entries.filter(isCommon)), Object.fromEntries(entries.filter((entry) => !isCommon(entry)))];
}

/** What every check takes, checked but for the condition. */
export function commonOf(
  given: JsonObject,
  of: Check['of'],
  problem: Tell,
): Pick<CheckCall, 'severity' | 'threshold' | 'when'> | undefined {
  const declared = { name: 'a check', parameters: COMMON_CHECK_PARAMETERS };
  const common = parametersIn(declared, given, problem) as
    | { severity?: Severity; threshold?: string | number; when?: Json }
    | undefined;
  if (common === undefined) return undefined;
  const { severity = of === 'record' ? 'quarantine' : 'fail', threshold, when } = common;
  if (of === 'stream' && (severity === 'quarantine' || severity === 'drop')) {
    problem(`${severity} is for single records; this check is of the stream as a whole: warn or fail`, 'severity');
    return undefined;
  }
  const amount = threshold === undefined ? undefined : thresholdOf(threshold);
  if (threshold !== undefined && amount === undefined) return refuse(problem, THRESHOLD_FORM, 'threshold');
  return { severity, threshold: amount, when };
}
