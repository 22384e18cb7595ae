import { isJsonObject, type JsonObject } from '../json.ts';

/** One reading of a whole table, which several runs may share. */
export interface TableReading {
  /**
   * Carried by the records. Milliseconds since 1970; grows from reading to reading, stays the same when an interrupted one is taken up
   * again. Undefined: records carry none.
   */
  readonly version: number | undefined;
  /** True when the table was never read to its end under a version: then its rows may show up at once. */
  readonly first: boolean;
  /** Where an interrupted reading goes on: what its last batch said. Undefined: at the beginning. */
  readonly resume: JsonObject | undefined;
  /** The stream's bookmark while it is read and has come so far. */
  at(resume: JsonObject | undefined): JsonObject;
  /** The stream's bookmark once all was read and ACTIVATE_VERSION sent. */
  readonly done: JsonObject;
}

/** Where the reading that a bookmark tells of was interrupted, if it can go on with or without a version, as is wanted. */
export function interruptedAt(bookmark: JsonObject | undefined, versioned: boolean): JsonObject | undefined {
  const { version, resume } = bookmark ?? {};
  return isJsonObject(resume) && (typeof version === 'number') === versioned ? resume : undefined;
}

/**
 * Works out the reading that begins now; `bookmark` is the stream's, as the last run left it. `resume`: where it goes on. If there was
 * such a place and it is not given, the reading gets another version: what was sent under the old one does not count. `resumable`: so it does
 * if an interrupted one came to no such place, for what it sent may be gone by now.
 */
export function tableReading(
  bookmark: JsonObject | undefined,
  o: { readonly now: Date; readonly versioned: boolean; readonly resume: JsonObject | undefined; readonly resumable: boolean },
): TableReading {
  const { version: interrupted, activated_version: activated, resume: place, ...rest } = bookmark ?? {};
  const kept = activated === undefined ? rest : { ...rest, activated_version: activated };
  const placed = (reading: JsonObject, resume: JsonObject | undefined): JsonObject =>
    resume === undefined ? reading : { ...reading, resume };
  if (!o.versioned) {
    return { version: undefined, first: false, resume: o.resume, at: (resume) => placed(kept, resume), done: kept };
  }
  const newest = Math.max(...[activated, interrupted].map((version) => (typeof version === 'number' ? version : 0)));
  const goesOn = typeof interrupted === 'number' && (o.resume !== undefined || (place === undefined && !o.resumable));
  const version = goesOn ? interrupted : Math.max(o.now.getTime(), newest + 1);
  return {
    version,
    // `initial_full_table_complete`: how singer-io's and pipelinewise's database taps say the same.
    first: activated === undefined && rest['initial_full_table_complete'] !== true,
    resume: o.resume,
    at: (resume) => placed({ ...kept, version }, resume),
    done: { ...rest, activated_version: version },
  };
}
