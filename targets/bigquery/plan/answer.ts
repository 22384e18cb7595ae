import type { Answer, Json } from '../../../singer/index.ts';

/** What a load would do to one stream's table. */
export interface StreamPlan {
  readonly stream: string;
  readonly table: string;
  readonly isNew: boolean;
  readonly method: string;
  readonly keys: readonly string[];
  /** In order, in words or as SQL. */
  readonly changes: readonly string[];
  /** What a merge would read of the table as it is, at most. */
  readonly bytes?: number;
  /** In US dollars, for that. */
  readonly price?: number;
}

/** On demand, in US dollars: https://cloud.google.com/bigquery/pricing */
const DOLLARS_PER_TIB = 6.25;
const TIB = 2 ** 40;

export function priceOf(bytes: number): number {
  return Number(((bytes / TIB) * DOLLARS_PER_TIB).toFixed(6));
}

export function planAnswer(plans: readonly StreamPlan[], format: 'text' | 'json'): Answer {
  if (format === 'json') return { ok: true, text: JSON.stringify({ streams: plans.map(jsonOf) }) };
  if (plans.length === 0) return { ok: true, text: 'The input announced no stream.' };
  return { ok: true, text: plans.map((plan) => textOf(plan).join('\n')).join('\n\n') };
}

function jsonOf({ bytes, changes, isNew, keys, method, price, stream, table }: StreamPlan): Json {
  return {
    stream,
    table,
    new: isNew,
    method,
    keys: [...keys],
    changes: [...changes],
    bytes: bytes ?? null,
    price: price ?? null,
  };
}

function textOf({ bytes, changes, isNew, keys, method, price, stream, table }: StreamPlan): string[] {
  const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`;
  const cost = bytes === undefined ? [] : [`  each merge reads up to ${bytes} bytes of it, about $${price}`];
  const work = changes.length === 0 ? ['  nothing to change'] : changes.map((change) => `  ${change}`);
  return [`${stream}: ${method}${by} into ${isNew ? 'a new table' : 'table'} ${table}`, ...work, ...cost];
}
