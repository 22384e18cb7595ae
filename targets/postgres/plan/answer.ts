import type { Answer, Json } from '../../../singer/index.ts';

/** What a load would do to one stream's table. */
export interface StreamPlan {
  readonly stream: string;
  /** Undefined: the settings leave the stream out. */
  readonly table: string | undefined;
  readonly isNew: boolean;
  readonly method: string;
  readonly keys: readonly string[];
  /** Statements in order. */
  readonly sql: readonly string[];
}

/** The plans of all streams as an answer. */
export function planAnswer(plans: readonly StreamPlan[], format: 'text' | 'json'): Answer {
  if (format === 'json') return { ok: true, text: JSON.stringify({ streams: plans.map(jsonOf) }) };
  if (plans.length === 0) return { ok: true, text: 'The input announced no stream.' };
  return { ok: true, text: plans.map((plan) => textOf(plan).join('\n')).join('\n\n') };
}

function jsonOf({ stream, table, isNew, method, keys, sql }: StreamPlan): Json {
  return { stream, table: table ?? null, new: isNew, method, keys: [...keys], sql: [...sql] };
}

function textOf({ stream, table, isNew, method, keys, sql }: StreamPlan): string[] {
  if (table === undefined) return [`${stream}: left out`];
  const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`;
  const work = sql.length === 0 ? ['  nothing to change'] : sql.map((statement) => `  ${statement.replaceAll('\n', '\n  ')};`);
  return [`${stream}: ${method}${by} into ${isNew ? 'a new table' : 'table'} ${table}`, ...work];
}
