import type { TargetConfig } from '../settings.ts';

/** How a stream's records meet the rows that are there. */
export type Method = 'append' | 'upsert' | 'overwrite';

type MethodConfig = Pick<TargetConfig, 'append_only' | 'load_method' | 'upsert' | 'overwrite'>;

const METHODS = { 'append-only': 'append', append: 'append', upsert: 'upsert', overwrite: 'overwrite' } as const;

/** `load_method`, or where that is unset `append_only`, or what `upsert` and `overwrite` select. Streams without a key cannot be upserted. */
export function methodOf(stream: string, keys: readonly string[], config: MethodConfig): Method {
  const wanted = config.load_method === undefined ? selected(stream, keys, config) : METHODS[config.load_method];
  return wanted === 'upsert' && keys.length === 0 ? 'append' : wanted;
}

function selected(stream: string, keys: readonly string[], { append_only: appends, upsert, overwrite }: MethodConfig): Method {
  if (appends !== undefined) return appends ? 'append' : 'upsert';
  if (keys.length > 0 && selects(upsert, stream)) return 'upsert';
  return selects(overwrite, stream) ? 'overwrite' : 'append';
}

/** All streams or none, or those whose name the last pattern that matches it does not exclude by a leading `!`. */
function selects(selection: boolean | readonly string[], stream: string): boolean {
  if (typeof selection === 'boolean') return selection;
  const last = selection.findLast((pattern) => matches(pattern.replace(/^!/, ''), stream));
  return last !== undefined && !last.startsWith('!');
}

/** A pattern of the shell: `*`, `?`, `[abc]`, `[!a-z]`. */
function matches(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/\[(!?)(\]?[^\]]*)\]|[\\^$.+()[\]{}|/*?]/g, (found, not?: string, set?: string) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\[\]^]/g, String.raw`\$&`)}]`;
    return found === '*' ? '.*' : found === '?' ? '.' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 'su').test(name);
}
