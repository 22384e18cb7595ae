import type { Api } from '../../../clients/bigquery/api.ts';
import type { JobResource } from '../../../clients/bigquery/resources.ts';
import { upload } from '../../../clients/google/resumable.ts';
import { Slots } from '../jobs/slots.ts';
import type { Sending, WayIn } from './way-in.ts';

/** Large files that are uploaded at once. */
const UPLOADS = 4;
/** A file of so few bytes waits for no other one's upload: it takes little of the line, and little memory. */
const SMALL_BYTES = 1024 * 1024;

/** Files come with their jobs: one upload hands in both. */
export function batchJob(api: Api): WayIn {
  const uploads = new Slots(UPLOADS);
  return {
    take(sending) {
      return {
        submit: (job) => {
          const task = (): Promise<JobResource> => uploadJob(api, job, sending);
          return sending.file.bytes < SMALL_BYTES ? task() : uploads.run(task);
        },
        lineOf: (line) => line,
        release: async () => undefined,
      };
    },
    prove: async () => undefined,
    finish: async () => undefined,
  };
}

/** Hands in a load job with its file; the job's id makes it safe to begin anew. */
export function uploadJob(
  api: Api,
  job: JobResource,
  { file: { bytes, path }, place, what }: Pick<Sending, 'file' | 'place' | 'what'>,
): Promise<JobResource> {
  return upload<JobResource>(api.service, {
    path: `/upload/bigquery/v2/projects/${encodeURIComponent(api.project)}/jobs?uploadType=resumable`,
    body: job,
    file: { path, start: 0, end: bytes },
    what,
    place,
  });
}
