import type { JsonObject } from '../json.ts';

/** The version that the records of one reading of a whole table carry. */
export interface TableVersion {
  /** Milliseconds since 1970; grows from reading to reading, stays the same when an interrupted one is taken up again. */
  readonly version: number;
  /** True when the table was never read to its end under a version: then its rows may show up at once. */
  readonly first: boolean;
  /** The stream's bookmark while it is read. */
  readonly reading: JsonObject;
  /** The stream's bookmark once ACTIVATE_VERSION was sent. */
  readonly done: JsonObject;
}

/** Works out the version of a reading that begins now; `bookmark` is the stream's, as the last run left it. */
export function tableVersion(bookmark: JsonObject | undefined, now: Date): TableVersion {
  const { version: interrupted, activated_version: activated, ...rest } = bookmark ?? {};
  const last = typeof activated === 'number' ? activated : 0;
  const version = typeof interrupted === 'number' ? interrupted : Math.max(now.getTime(), last + 1);
  const kept = activated === undefined ? rest : { ...rest, activated_version: activated };
  return {
    version,
    // `initial_full_table_complete`: how singer-io's and pipelinewise's database taps say the same.
    first: activated === undefined && rest['initial_full_table_complete'] !== true,
    reading: { ...kept, version },
    done: { ...rest, activated_version: version },
  };
}
