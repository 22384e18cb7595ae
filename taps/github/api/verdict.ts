import { isJsonObject, type Json } from '../../../singer/tap/index.ts';
import { retryAfter } from '../scheduler/retry-after.ts';
import type { Reply } from './transport.ts';

/** Why something of one repository could not be read. */
export interface Refusal {
  readonly status: number;
  /** Kebab-case, for programs. */
  readonly reason: string;
  /** For people: what it means and what to do. */
  readonly advice: string;
}

/** What an answer asks to do next. */
export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'moved'; readonly to: string }
  /** Wait: this long, or until the window of the quota ends, or (neither known) as long as seems wise. */
  | { readonly kind: 'limited'; readonly scope: 'primary' | 'secondary'; readonly milliseconds: number | undefined }
  | { readonly kind: 'unauthorized' }
  /** The server's own trouble: ask again soon. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What statuses mean for one repository and stream. 422 is the answer to pages that the API does not give. */
export const REFUSALS: Readonly<Record<number, { readonly reason: string; readonly advice: string }>> = {
  301: { reason: 'moved', advice: 'the repository has moved to where this server does not lead' },
  401: { reason: 'unauthorized', advice: 'the credential is not accepted' },
  403: { reason: 'forbidden', advice: 'the credential lacks the permission for this stream, or the feature is off' },
  404: { reason: 'not-found', advice: 'misspelt, deleted, private, or the feature is off' },
  409: { reason: 'empty', advice: 'the repository is empty' },
  410: { reason: 'gone', advice: 'the feature is switched off' },
  422: { reason: 'too-deep', advice: 'the API gives no more pages of a list, so that what stands further on is missing' },
  451: { reason: 'blocked', advice: 'blocked for legal reasons' },
};

/** Reads an answer by its status, headers and, for limits, its text. `now`: our time in milliseconds. */
export function verdictOf(reply: Reply, now: number): Verdict {
  const { status, headers } = reply;
  if (status === 304) return { kind: 'unchanged' };
  if (status >= 200 && status < 300) return { kind: 'ok' };
  if ([301, 302, 307, 308].includes(status)) {
    const to = headers.get('location');
    return to === null ? refused(301) : { kind: 'moved', to };
  }
  if (status === 401) return { kind: 'unauthorized' };
  if (status === 403 || status === 429) return limitOf(reply, now) ?? refused(403);
  if (status >= 500 || status === 408) return { kind: 'failed' };
  return refused(status);
}

/** A limit that an answer of status 200 tells of in its body, as GitHub's GraphQL does: `{"errors": [{"type": "RATE_LIMITED"}]}`. */
export function limitIn(body: Json): Verdict | undefined {
  const errors = isJsonObject(body) ? body['errors'] : undefined;
  const limited =
    Array.isArray(errors) && (errors as readonly Json[]).some((each) => isJsonObject(each) && each['type'] === 'RATE_LIMITED');
  return limited ? { kind: 'limited', scope: 'primary', milliseconds: undefined } : undefined;
}

function limitOf({ status, headers, text }: Reply, now: number): Verdict | undefined {
  const milliseconds = retryAfter(headers, now);
  if (milliseconds !== undefined) return { kind: 'limited', scope: 'secondary', milliseconds };
  const told = status === 429 || text === '' || /rate limit|abuse detection|too many requests/i.test(text.slice(0, 4096));
  // The last call of a quota may be refused for another reason, too.
  if (told && headers.get('x-ratelimit-remaining')?.trim() === '0') return { kind: 'limited', scope: 'primary', milliseconds };
  return told && !(status === 403 && text === '') ? { kind: 'limited', scope: 'secondary', milliseconds } : undefined;
}

function refused(status: number): Verdict {
  const known = REFUSALS[status] ?? { reason: `status-${status}`, advice: `the server answered with status ${status}` };
  return { kind: 'refused', refusal: { status, ...known } };
}
