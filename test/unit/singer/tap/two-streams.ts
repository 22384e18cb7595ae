import type { JsonObject, Row } from '../../../../singer/json.ts';
import { memoryStream, type Message } from '../../../support/memory-tap.ts';

/** What a run said, short: `STATE a {"n":1}`, `SCHEMA a`, `a 1`. */
export function outline(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    if (message.type === 'RECORD') return `${message.stream} ${String(message.record!['id'])}`;
    if (message.type !== 'STATE') return `${message.type} ${message.stream}`;
    const { bookmarks, currently_syncing: syncing } = message.value as { bookmarks: unknown; currently_syncing?: string };
    return `STATE ${syncing ?? '-'} ${JSON.stringify(bookmarks)}`;
  });
}

export function rows(...ids: number[]): Row[] {
  return ids.map((id) => ({ id, name: `n${id}` }));
}

export const a = memoryStream({ id: 'a' }, [
  { rows: rows(1, 2), bookmark: { n: 2 } },
  { rows: rows(3), bookmark: { n: 3 } },
]);
export const b = memoryStream({ id: 'b' }, [{ rows: rows(9), bookmark: { n: 9 } }]);
export const often = { state_interval_records: 1 };

export function catalog(...streams: { id: string; root?: JsonObject; [more: string]: unknown }[]): unknown {
  return {
    streams: streams.map(({ id, root, ...more }) => ({
      tap_stream_id: id,
      stream: id,
      metadata: root ? [{ breadcrumb: [], metadata: root }] : [],
      ...more,
    })),
  };
}
