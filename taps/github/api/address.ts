import { InputError } from '../../../singer/tap/index.ts';

/** Where the API is. Every URL that is asked for goes through it, so that no other host ever sees a request. */
export class Address {
  readonly #base: URL;

  /** @param base an http or https URL, with or without a slash at its end; checked by `addressProblem` */
  constructor(base: string) {
    this.#base = new URL(base.endsWith('/') ? base : `${base}/`);
  }

  get host(): string {
    return this.#base.host;
  }

  /** The URL of a path below the base, such as `repos/octo/hello/releases`. */
  of(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  /**
   * The URL that an answer named (in Link or Location), in full.
   * Throws InputError for one on another host or outside of the API.
   */
  within(named: string, from: string): string {
    const url = URL.canParse(named, from) ? new URL(named, from) : undefined;
    if (url?.origin === this.#base.origin && url.pathname.startsWith(this.#base.pathname)) return url.href;
    throw new InputError('An answer points to another host than api_url_base', {
      code: 'foreign-link',
      facts: { host: this.host, named: url?.host },
      hint: 'Nothing was sent there. Set api_url_base to the address that the server itself uses.',
    });
  }
}

/** What is wrong with `api_url_base`; undefined if nothing is. */
export function addressProblem(base: string): string | undefined {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'must be an http or https URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password: use auth_token';
  return url.search === '' && url.hash === '' ? undefined : 'must have neither a query nor a fragment';
}
