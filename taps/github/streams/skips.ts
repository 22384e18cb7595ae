import { type Log, SystemError } from '../../../singer/tap/index.ts';
import type { Refusal } from '../api/verdict.ts';

/** Names of repositories that one line of the summary shows. */
const MOST_NAMES = 20;

interface Reason extends Refusal {
  readonly streams: Set<string>;
  readonly repositories: Set<string>;
}

/** What could not be read, and why: told once, at the end. */
export class Skips {
  readonly #strict: boolean;
  readonly #reasons = new Map<string, Reason>();

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** Throws SystemError `skipped` if nothing may be left out. */
  add(stream: string, repository: string, refusal: Refusal): void {
    if (this.#strict) {
      throw new SystemError(`${repository} cannot be read for ${stream}: ${refusal.advice}`, {
        code: 'skipped',
        facts: { stream, repository, status: refusal.status, reason: refusal.reason },
        hint: 'Correct it, leave the repository out with !owner/name, or set strict to false to go on without it.',
      });
    }
    const key = `${refusal.status} ${refusal.reason}`;
    const reason = this.#reasons.get(key) ?? { ...refusal, streams: new Set(), repositories: new Set() };
    this.#reasons.set(key, reason);
    reason.streams.add(stream);
    reason.repositories.add(repository);
  }

  /** One line for each reason. */
  tell(log: Log): void {
    for (const { status, reason, advice, streams, repositories } of this.#reasons.values()) {
      log.warn(`Not all could be read: ${advice}`, {
        status,
        reason,
        streams: [...streams],
        count: repositories.size,
        repositories: [...repositories].slice(0, MOST_NAMES),
      });
    }
  }
}
