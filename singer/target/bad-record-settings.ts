import type { Settings } from '../settings.ts';

/** What becomes of records that break their schema or that the destination cannot hold. */
export const badRecordSettings = {
  on_bad_record: {
    type: 'string',
    default: 'fail',
    options: ['fail', 'quarantine', 'null_value', 'null'],
    perStream: true,
    description:
      'What becomes of a record that breaks its schema, lacks its key or holds a value that the destination cannot keep. fail ends the run. quarantine puts it, with the reason, into the stream of quarantine_stream and goes on. In a database that also takes what only the server refuses: in BigQuery what a load job refuses, by every load method; in Postgres what a constraint, a column of another size or a trigger refuses, but not where a table or window is replaced as a whole, nor what is looked at no sooner than at the commit: such refusals end the run. null_value (or null) puts null in place of the bad property, which is counted; where the schema does not allow null there, or only the server refuses the value, the run fails.',
  },
  quarantine_stream: {
    type: 'string',
    default: '_sdc_quarantine',
    description:
      'Name of the stream that quarantined records are appended to: stream, line (null if it is no longer known), file, code, rule, path, property, record (JSON text), run_id and quarantined_at. It is loaded like any other stream and committed together with the records around it.',
  },
  max_errors: {
    type: 'integer',
    minimum: 0,
    description: 'Bad records (quarantined, or with a value made null) that a run may have. One more ends it. Unset: no limit.',
  },
  max_error_rate: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description:
      'Share of all records of a run that may be bad, from 0 to 1. Looked at from the hundredth record on and at the end. Unset: no limit.',
  },
} as const satisfies Settings;
