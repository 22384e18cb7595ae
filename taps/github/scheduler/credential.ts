import { Limits } from './limits.ts';

/** Quotas that GitHub counts apart from each other. */
export type Resource = 'core' | 'search';

/** Something to ask with: a token, an installation of an app, or nothing at all. */
export interface Credential {
  /** Where it comes from; never the secret. */
  readonly name: string;
  /** The Authorization header; undefined for none. May fetch a new one. */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** Forgets what it made of itself, such as a token of an app, so that it makes a new one. */
  renew?(): void;
  limits(resource: Resource): Limits;
  /** False once the server has said that it does not know it. */
  alive: boolean;
  /** False for asking without a token, whose few calls nobody else needs. */
  readonly shared: boolean;
}

/** A credential with these headers, its limits not known yet. */
export function credential(
  name: string,
  authorization: (signal: AbortSignal) => Promise<string | undefined>,
  { shared = true, renew }: { readonly shared?: boolean; readonly renew?: () => void } = {},
): Credential {
  const limits = { core: new Limits(), search: new Limits() };
  return { name, authorization, limits: (resource) => limits[resource], alive: true, shared, ...(renew && { renew }) };
}
