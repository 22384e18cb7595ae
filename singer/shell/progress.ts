/** What the progress line is made of; times in milliseconds of one clock. */
export interface ProgressFacts {
  readonly streams: ReadonlyMap<string, { readonly records: number; readonly bytes: number; readonly done: boolean }>;
  readonly startedAt: number;
  /** When the last STATE left; undefined if none did. */
  readonly stateAt: number | undefined;
  readonly now: number;
}

/** `1,234,567 rows  210,000 rows/s  101.2 MB  state 3 s ago  orders`; empty as long as nothing flows. */
export function progressText({ streams, startedAt, stateAt, now }: ProgressFacts): string {
  let rows = 0;
  let bytes = 0;
  let current = '';
  for (const [stream, count] of streams) {
    rows += count.records;
    bytes += count.bytes;
    if (!count.done) current = stream;
  }
  if (streams.size === 0) return '';
  const seconds = Math.max(0.001, (now - startedAt) / 1000);
  const state = stateAt === undefined ? 'no state yet' : `state ${Math.floor((now - stateAt) / 1000)} s ago`;
  return [`${grouped(rows)} rows`, `${grouped(Math.round(rows / seconds))} rows/s`, size(bytes), state, printable(current)]
    .filter((part) => part !== '')
    .join('  ');
}

/** Stream names are strangers' text: nothing in them may steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function grouped(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
