/** An error as the API gives it: in the body of an answer, or in the status of a job. */
export interface ApiError {
  /** Google's word for the kind, for example `rateLimitExceeded`. */
  readonly reason?: string;
  readonly message?: string;
  readonly location?: string;
}
