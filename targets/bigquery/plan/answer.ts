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
  /** The setting `method`, and where rows are staged, if anywhere. */
  readonly wayIn: { readonly method: string; readonly by: string | undefined };
  /** What a merge would cost: what it reads of the table as it is. */
  readonly merge?: MergeCost;
}

export interface MergeCost {
  /** That it reads of the table, at most. */
  readonly bytes: number;
  /** What that is billed for, in US dollars. */
  readonly price: number;
  /** True: BigQuery would not begin it, because of max_bytes_billed. */
  readonly isRefused: boolean;
}

export function planAnswer(plans: readonly StreamPlan[], format: 'text' | 'json'): Answer {
  if (format === 'json') return { ok: true, text: JSON.stringify({ streams: plans.map(jsonOf) }) };
  if (plans.length === 0) return { ok: true, text: 'The input announced no stream.' };
  return { ok: true, text: plans.map((plan) => textOf(plan).join('\n')).join('\n\n') };
}

function jsonOf({ changes, isNew, keys, merge, method, stream, table, wayIn }: StreamPlan): Json {
  return {
    stream,
    table,
    new: isNew,
    method,
    way_in: wayIn.method,
    staged_in: wayIn.by ?? null,
    keys: [...keys],
    changes: [...changes],
    bytes: merge?.bytes ?? null,
    price: merge?.price ?? null,
    currency: 'USD',
    refused: merge?.isRefused ?? false,
  };
}

function textOf({ changes, isNew, keys, merge, method, stream, table, wayIn }: StreamPlan): string[] {
  const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`;
  const cost =
    merge === undefined
      ? []
      : [`  each merge reads up to ${merge.bytes} bytes of it, for about ${merge.price.toFixed(6)} US dollars`];
  if (merge?.isRefused === true) cost.push('  that is more than max_bytes_billed allows: the merge would fail');
  const staged = wayIn.by === undefined ? [] : [`  rows go through files in ${wayIn.by} (${wayIn.method})`];
  const work = changes.length === 0 ? ['  nothing to change'] : changes.map((change) => `  ${change}`);
  return [`${stream}: ${method}${by} into ${isNew ? 'a new table' : 'table'} ${table}`, ...staged, ...work, ...cost];
}
