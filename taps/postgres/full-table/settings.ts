import type { Settings } from '../../../singer/tap/index.ts';

/** Settings of FULL_TABLE streams. */
export const fullTableSettings = {
  resume_full_table: {
    type: 'boolean',
    default: true,
    perStream: true,
    description:
      'FULL_TABLE: a reading that was cut short goes on where it was, with what was written meanwhile to what it had read; rows that were deleted meanwhile stay in the target until the next run. false: it begins anew. Needed where the target empties its table at the beginning of each run (overwrite, in some targets): it would keep the second part alone.',
  },
  resume_interval_bytes: {
    type: 'integer',
    default: 67_108_864,
    minimum: 8192,
    perStream: true,
    description:
      'FULL_TABLE, and INCREMENTAL by xmin: after so many bytes of a table (what is stored out of line counts) there is a place where a reading that was cut short can go on. Smaller ones cost time.',
  },
} as const satisfies Settings;
