import type { Refusal } from '../api/verdict.ts';

/** Ends the reading of one repository for one stream; never leaves `reading.ts`'s caller. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}
