import { rm } from 'node:fs/promises';
import type { FieldResource, JobResource, LoadConfiguration, TableReference } from '../../../clients/bigquery/resources.ts';
import { SystemError } from '../../../singer/index.ts';
import type { LoadContext } from '../methods/append.ts';
import type { Written } from '../parts/part-file.ts';
import { uploadJob } from '../upload/resumable.ts';
import { runJob, type JobRequest } from './run-job.ts';

export interface FileLoad {
  readonly stream: string;
  readonly table: TableReference;
  /** For errors and logs: `Loading orders`. */
  readonly what: string;
  readonly file: Written;
  readonly disposition: LoadConfiguration['writeDisposition'];
  /** All columns of the table as it is, where it is loaded as a whole; appends take them from the table. */
  readonly fields?: readonly FieldResource[];
  /** The name of each attempt. */
  readonly idOf: JobRequest['idOf'];
  readonly counts?: JobRequest['counts'];
}

/** One load job for one file, each of whose rows is accounted for; then the file is deleted. Throws SystemError. */
export async function loadFile(context: LoadContext, load: FileLoad): Promise<void> {
  const { api, jobs, labels, order, uploads } = context;
  const { counts, disposition, fields, file, idOf, stream, table, what } = load;
  const { path, bytes, rows } = file;
  const place = { stream, dataset: table.datasetId, table: table.tableId };
  const configuration: LoadConfiguration = {
    destinationTable: table,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    ...(fields === undefined ? {} : { schema: { fields } }),
    createDisposition: 'CREATE_NEVER',
    writeDisposition: disposition,
    maxBadRecords: 0,
    ignoreUnknownValues: false,
  };
  const { job, adopted } = await runJob(jobs, {
    what,
    place,
    configuration: { load: configuration, labels },
    idOf,
    submit: (job: JobResource) => uploads.run(() => uploadJob(api, job, { path, bytes }, what, place)),
    ...(counts === undefined ? {} : { counts }),
  });
  if (!adopted) order.ran(table, job);
  const loaded = Number(job.statistics?.load?.outputRows ?? Number.NaN);
  if (loaded !== rows) {
    throw new SystemError(`${what}: ${rows} rows were sent, and BigQuery says that it has loaded ${loaded}`, {
      code: 'rows-differ',
      facts: { ...place, sent: rows, loaded, job: job.jobReference.jobId },
      hint: 'No state was printed for them. Look at the job in the console, and at the table, before you run again.',
    });
  }
  await rm(path);
}
