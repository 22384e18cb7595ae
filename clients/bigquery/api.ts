import type { Call, GoogleService } from '../google/service.ts';

/**
 * BigQuery's REST API for one project. Every call may be tried again: what makes something bears a name of ours, so that doing it
 * twice is a conflict and not a second one.
 */
export class Api {
  readonly project: string;
  readonly service: GoogleService;

  constructor(service: GoogleService, project: string) {
    this.service = service;
    this.project = project;
  }

  get endpoint(): string {
    return this.service.endpoint;
  }

  get signal(): AbortSignal {
    return this.service.signal;
  }

  /** @param call with the path behind `/bigquery/v2/projects/<project>`. Gives the body of the answer. Throws SystemError; `reasonOf` tells why. */
  async call<T>(call: Call): Promise<T> {
    return this.service.call<T>({ ...call, path: `/bigquery/v2/projects/${encodeURIComponent(this.project)}${call.path}` });
  }
}
