/** What goes back, before it is compressed and sent. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The operation of the description whose answer this is; errors have none. */
  readonly operation?: string;
}

const DOCS = 'https://docs.github.com/rest';

/** An error as GitHub words it. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: { message, documentation_url: DOCS, status: String(status) }, headers };
}

export const notFound = (): Answer => refusal(404, 'Not Found');
