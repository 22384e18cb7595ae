import { rm } from 'node:fs/promises';
import type { FieldResource, JobResource, LoadConfiguration, TableReference } from '../../../clients/bigquery/resources.ts';
import { SystemError } from '../../../singer/index.ts';
import type { LoadContext } from '../methods/append.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { LinesFile } from '../blame/cut-lines.ts';
import { runJob, type JobRequest } from './run-job.ts';

export interface FileLoad {
  readonly plan: TablePlan;
  readonly table: TableReference;
  /** For errors and logs: `Loading orders`. */
  readonly what: string;
  readonly file: LinesFile;
  readonly disposition: LoadConfiguration['writeDisposition'];
  /** All columns of the table as it is, where it is loaded as a whole; appends take them from the table. */
  readonly fields?: readonly FieldResource[];
  /** The name of each attempt. */
  readonly idOf: JobRequest['idOf'];
  readonly counts?: JobRequest['counts'];
  /** What the job tells of its rows. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The label of a job whose file lacks rows that were refused before; its value says how many. */
const REFUSED_LABEL = 'tapline_refused';

/**
 * One load job for one file, each of whose rows is accounted for; then the file is deleted. Gives how many rows were loaded: all, but for
 * those that BigQuery refuses and that go to the quarantine. Throws SystemError.
 */
export async function loadFile(context: LoadContext, load: FileLoad): Promise<number> {
  const { refusals } = context;
  let { file } = load;
  // A job's failure for its rows is confirmed: the rest of them is its next attempt.
  let used = 0;
  for (let round = 1, before = 0; ; round++, before = used) {
    const idOf: JobRequest['idOf'] = (attempt) => load.idOf((used = before + attempt));
    try {
      return await loadOnce(context, { ...load, idOf }, file);
    } catch (error) {
      const rest = await refusals.without(file, load.plan, error, round);
      if (rest === undefined) throw error;
      file = rest;
      if (file.rows > 0) continue;
      await rm(file.path);
      return 0;
    }
  }
}

/** Rows that a job of ours has loaded: as many as it had, though some of what it was made for were refused before. */
export function rowsLoaded({ statistics }: JobResource): number {
  return Number(statistics?.load?.outputRows ?? Number.NaN);
}

async function loadOnce(context: LoadContext, load: FileLoad, file: LinesFile): Promise<number> {
  const { jobs, order, pace, way } = context;
  const { counts, disposition, fields, idOf, plan, table, what } = load;
  const { path, rows } = file;
  const place = { stream: plan.stream, dataset: table.datasetId, table: table.tableId };
  const configuration: LoadConfiguration = {
    destinationTable: table,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    ...(fields === undefined ? {} : { schema: { fields } }),
    createDisposition: 'CREATE_NEVER',
    writeDisposition: disposition,
    maxBadRecords: 0,
    ignoreUnknownValues: false,
  };
  const refused = load.file.rows - rows;
  const labels = { ...context.labels, ...load.labels, ...(refused === 0 ? {} : { [REFUSED_LABEL]: String(refused) }) };
  const handIn = way.take({ file, stream: plan.stream, table: plan.table, what, place });
  const request: JobRequest = {
    what,
    place,
    configuration: { load: configuration, labels },
    idOf,
    ...handIn,
    ...(counts === undefined ? {} : { counts }),
  };
  const { job, adopted } = await pace.load(table, () => runJob(jobs, request));
  order.ran(table, job);
  const loaded = rowsLoaded(job);
  // One that is taken up may have left out rows that this run has not heard of yet; they are in the quarantine.
  const sent = adopted ? load.file.rows - Number(job.configuration?.labels?.[REFUSED_LABEL] ?? 0) : rows;
  if (loaded !== sent) {
    throw new SystemError(`${what}: ${sent} rows were sent, and BigQuery says that it has loaded ${loaded}`, {
      code: 'rows-differ',
      facts: { ...place, sent, loaded, job: job.jobReference.jobId },
      hint: 'No state was printed for them. Look at the job in the console, and at the table, before you run again.',
    });
  }
  await rm(path);
  return loaded;
}
