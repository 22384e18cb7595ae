import { SystemError, TaplineError } from '../../singer/index.ts';
import type { ApiError } from './api-error.ts';

/** What a reason means. */
export interface Rule {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The same request may succeed later. */
  readonly passes?: true;
  /** Google's own text is about names and rights, never about values, and may be shown. */
  readonly shows?: true;
}

/** What is known about the place of a failure; goes into the error's facts. */
export type Place = Readonly<Record<string, unknown>>;

/** How one service fails. */
export interface ServiceRules {
  /** For messages: `BigQuery`. */
  readonly name: string;
  /** The setting with its address. */
  readonly endpoint: string;
  /** By `reason`. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Reasons where the answer gives none that we know. */
  readonly byStatus: Readonly<Record<number, string>>;
}

/** Makes errors of what a service answers. */
export interface Faults {
  /** The error of an answer with this HTTP status. `what` says what was tried: `Reading the dataset`. */
  readonly answer: (status: number, body: unknown, what: string, place: Place) => SystemError;
  /** No answer came. */
  readonly connection: (cause: unknown, what: string, place: Place) => SystemError;
  /** What came is no answer of the service. */
  readonly unreadable: (what: string, place: Place) => SystemError;
  /** The error of a failure that is known. */
  readonly of: (error: ApiError, what: string, place: Place) => SystemError;
}

export const LATER = 'Run again: the printed state is safe.';

/** A quota that is full again in a moment; of its kind only the text tells. */
const SHORT_QUOTA = /quota for concurrent|per (?:user per )?(?:second|minute|\d+ seconds)\b/i;

export function faultsOf({ byStatus, endpoint, name, rules }: ServiceRules): Faults {
  const unknown: Rule = { code: 'request-failed', message: `${name} answers with an error`, hint: LATER };

  function of({ reason: given, message }: ApiError, what: string, place: Place): SystemError {
    const reason = given === 'quotaExceeded' && SHORT_QUOTA.test(message ?? '') ? 'rateLimitExceeded' : given;
    const rule = (reason === undefined ? undefined : rules[reason]) ?? unknown;
    const shown = rule.shows === true && message !== undefined ? ` (${message.split('\n')[0]})` : '';
    const passing = rule.passes === true ? { passes: true } : {};
    return new SystemError(`${what}: ${rule.message}${shown}`, {
      code: rule.code,
      facts: { ...place, ...(reason === undefined ? {} : { reason }), ...passing },
      hint: rule.hint,
    });
  }

  function answer(status: number, body: unknown, what: string, place: Place): SystemError {
    const error = errorIn(body);
    // Of a request, unlike of a job, `invalid` is about its own words: a location, a name, a label.
    const known = error.reason !== undefined && error.reason !== 'invalid' && rules[error.reason] !== undefined;
    const reason = known ? error.reason : byStatus[status];
    return of({ ...error, ...(reason === undefined ? {} : { reason }) }, what, { ...place, status });
  }

  function connection(cause: unknown, what: string, place: Place): SystemError {
    // Answers of a service are never thrown: one that is comes from the server that gives out tokens.
    const { status } = cause as { readonly status?: unknown };
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return new SystemError(`${what}: Google refuses the credentials`, {
        code: 'login-refused',
        facts: { ...place, status },
        hint: 'See whether the account and its key still exist and are enabled, whether this machine’s clock is right, and, with impersonate, whether the credentials have the role Service Account Token Creator on that account.',
        cause,
      });
    }
    return new SystemError(`${what}: the connection to ${name} failed`, {
      code: 'connection-lost',
      facts: { ...place, cause: causeCode(cause), passes: true },
      hint: `See that the address can be reached from here (${endpoint}, proxy, firewall), then run again: the state is safe.`,
      cause,
    });
  }

  function unreadable(what: string, place: Place): SystemError {
    return new SystemError(`${what}: what came is no answer of ${name}`, {
      code: 'answer-unreadable',
      facts: place,
      hint: `See that ${endpoint} is the address of ${name}, and that no proxy and no sign-in page answers in its place.`,
    });
  }

  return { answer, connection, of, unreadable };
}

/** True if the same request may succeed later. */
export function passes(error: unknown): boolean {
  return error instanceof TaplineError && error.facts['passes'] === true;
}

/** Google's reason of a failure; undefined if there is none. */
export function reasonOf(error: unknown): string | undefined {
  const reason = error instanceof TaplineError ? error.facts['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

/** The first error of an answer's body: `{ error: { message, errors: [{ reason, message }] } }`. */
function errorIn(body: unknown): ApiError {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { readonly error?: unknown };
  if (typeof error !== 'object' || error === null) return {};
  const { errors, message } = error as { readonly errors?: unknown; readonly message?: unknown };
  const first = (Array.isArray(errors) ? errors[0] : undefined) as ApiError | undefined;
  return {
    ...(typeof first?.reason === 'string' ? { reason: first.reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

function causeCode(cause: unknown): string {
  const { code, cause: inner, name } = cause as { readonly code?: unknown; readonly cause?: unknown; readonly name?: unknown };
  if (typeof code === 'string') return code;
  return typeof inner === 'object' && inner !== null ? causeCode(inner) : String(name);
}
