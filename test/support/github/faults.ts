import { gzipSync } from 'node:zlib';
import { refusal, type Answer } from './answer.ts';

/** How the body goes out, if not whole and at once. */
export type Delivery = 'reset-at-once' | 'reset-in-body' | 'slow' | 'stalled' | 'cut-gzip' | 'cut-text' | 'bomb';

export interface Broken {
  /** Instead of the answer that would have come. */
  readonly answer?: Answer | ((seconds: number, now: number) => Answer);
  /** Instead of the true status. */
  readonly status?: number;
  /** Bytes that are no JSON, or other JSON than GitHub's. */
  readonly text?: string;
  readonly delivery?: Delivery;
  /** Laid over the headers of the true answer. */
  readonly headers?: (seconds: number, now: number) => Readonly<Record<string, string>>;
}

const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const PRIMARY = 'API rate limit exceeded for user ID 1000.';
const ABUSE_DOCS = 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits';

const used = (seconds: number, now: number): Record<string, string> => ({
  'x-ratelimit-limit': '5000',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-used': '5000',
  'x-ratelimit-reset': String(Math.ceil(now / 1000) + seconds),
  'x-ratelimit-resource': 'core',
});

const after = (seconds: number): Record<string, string> => ({ 'retry-after': String(seconds) });

/** What can go wrong, by name. `seconds` are those of the fault: until the reset, or of Retry-After. */
export const FAULTS = {
  'primary-403': { answer: (seconds, now) => refusal(403, PRIMARY, used(seconds, now)) },
  'primary-429': { answer: (seconds, now) => refusal(429, PRIMARY, used(seconds, now)) },
  'secondary-403-seconds': { answer: (seconds) => refusal(403, SECONDARY, after(seconds)) },
  'secondary-403-marker': { answer: refusalAt(403, SECONDARY, ABUSE_DOCS) },
  'secondary-429-seconds': { answer: (seconds) => refusal(429, SECONDARY, after(seconds)) },
  'secondary-429-date': {
    answer: (seconds, now) => refusal(429, SECONDARY, { 'retry-after': new Date(now + seconds * 1000).toUTCString() }),
  },
  'secondary-429-bare': { answer: refusal(429, SECONDARY) },
  // The words of GraphQL: status 200, and the limit in the body.
  'limit-in-200': {
    text: '{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}',
    headers: used,
  },
  'bad-credentials': { answer: refusal(401, 'Bad credentials') },
  forbidden: { answer: refusal(403, 'Resource not accessible by personal access token') },
  'not-found': { answer: refusal(404, 'Not Found') },
  'too-deep': { answer: refusal(422, 'Only the first 10000 results are available.') },
  '500': { answer: refusal(500, 'Server Error') },
  '502': { answer: { status: 502, body: { message: 'Server Error' } } },
  '503': { answer: refusal(503, 'No server is currently available to service your request.') },
  'reset-at-once': { delivery: 'reset-at-once' },
  'reset-in-body': { delivery: 'reset-in-body' },
  'slow-body': { delivery: 'slow' },
  'stalled-body': { delivery: 'stalled' },
  'cut-gzip': { delivery: 'cut-gzip' },
  'cut-text': { delivery: 'cut-text' },
  'gzip-bomb': { delivery: 'bomb' },
  'not-json': { text: '<!DOCTYPE html><html><body>Unicorn!</body></html>' },
  'unasked-304': { status: 304, text: '' },
  'empty-body': { text: '' },
  'an-object-for-a-list': { text: '{"message":"This is no list"}' },
  'a-list-of-numbers': { text: '[1,2,3]' },
  'nonsense-limits': {
    headers: () => ({ 'x-ratelimit-remaining': '-5', 'x-ratelimit-reset': 'soon', 'x-ratelimit-limit': 'many' }),
  },
  // No window is longer than an hour.
  'lying-limits': { headers: () => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }) },
  'no-limits': { headers: () => ({ 'x-ratelimit-remaining': '', 'x-ratelimit-reset': '', 'x-ratelimit-limit': '' }) },
  'retry-after-of-a-day': { answer: refusal(429, SECONDARY, after(86_400)) },
  'retry-after-of-nonsense': { answer: refusal(429, SECONDARY, { 'retry-after': 'soon' }) },
} as const satisfies Record<string, Broken>;

export type Fault = keyof typeof FAULTS;

function refusalAt(status: number, message: string, documentation: string): Answer {
  return { status, body: { message, documentation_url: documentation } };
}

/** An archive of 300 MB of nothing. */
export function bomb(): Buffer {
  return Buffer.concat(Array.from({ length: 300 }, () => MEGABYTE));
}

/** A member of an archive; members that follow each other unpack to one text. */
const MEGABYTE = gzipSync(Buffer.alloc(1_000_000, ' '));

/** The bytes of an archive without its end. */
export function cutGzip(body: Buffer): Buffer {
  const whole = gzipSync(body);
  return whole.subarray(0, Math.ceil(whole.length / 2));
}
