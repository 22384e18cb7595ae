/** One HTTP request. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came back, whatever the status. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request and reads the whole answer; follows no redirect. Rejects if the answer does not come or is cut. */
export type Transport = (outgoing: Outgoing, signal: AbortSignal) => Promise<Reply>;

/** Node's own fetch, no longer than `timeoutSeconds` for the whole exchange. */
export function fetchTransport(timeoutSeconds: number): Transport {
  return async ({ url, method, headers }, signal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
    const response = await fetch(url, { method, headers, redirect: 'manual', signal: limited });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}
