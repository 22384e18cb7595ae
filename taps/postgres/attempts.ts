import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../clients/postgres/connect.ts';
import { remedyOf, systemError } from '../../clients/postgres/errors.ts';
import { type Batch, type JsonObject, waitFor } from '../../singer/tap/index.ts';
import { explained } from './failure.ts';
import type { Reading } from './reading.ts';

/** Reads a stream from a bookmark on, in the transaction of a session. */
export type Attempt = (session: Session, bookmark: JsonObject | undefined) => AsyncIterable<Batch>;

/**
 * Reads a stream. When the connection is lost, the server goes down or gives up what a standby cannot show any more, it goes on at the last
 * bookmark over a new connection: as a new run would. So often in a row as `max_retries` says. `goesOn`: false if nothing may be sent twice: then it is
 * not tried again when something was sent. Throws TaplineError.
 */
export async function* inAttempts(reading: Reading, attempt: Attempt, goesOn = true): AsyncGenerator<Batch, void> {
  const { sessions, request, config, id } = reading;
  let { bookmark } = request;
  let sent = false;
  for (let failures = 0; ;) {
    const session = await sessions.begin();
    try {
      for await (const batch of attempt(session, bookmark)) {
        if (batch.bookmark !== undefined) {
          bookmark = batch.bookmark;
          failures = 0;
        }
        sent = true;
        yield batch;
      }
      return;
    } catch (error) {
      const remedy = remedyOf(error);
      const passes = (remedy === 'reconnect' || remedy === 'retry') && (goesOn || !sent);
      if (request.signal.aborted || !passes || failures === config.max_retries) throw await explained(error, reading);
      const waitMs = waitFor(++failures, Math.random());
      const { code, facts } = systemError(error);
      request.log.warn('Postgres failed in a way that may pass: the reading goes on at the last bookmark', {
        ...facts,
        stream: id,
        code,
        attempt: failures,
        wait_ms: waitMs,
      });
      await sleep(waitMs, undefined, { signal: request.signal }).catch(() => request.signal.throwIfAborted());
    } finally {
      await sessions.end(session);
    }
  }
}
