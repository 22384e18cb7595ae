import process from 'node:process';
import { afterAll, beforeAll, describe } from 'vitest';
import { installFakeGcsServer, startFakeGcsServer, type FakeGcsServer } from '../../../scripts/fake-gcs-server.mjs';
import { installLocalBigQuery, START_MS, startLocalBigQuery, type LocalBigQuery } from '../../../scripts/local-bigquery.mjs';

export interface Emulators {
  readonly storage: FakeGcsServer;
  /** Reads files from `storage`. */
  readonly bigquery: LocalBigQuery;
}

/**
 * A `describe` with an emulator of Cloud Storage, and one of BigQuery that reads from it. Reported as skipped, with the reason, where they
 * cannot be had; a failure with CI or REQUIRE_BACKENDS set.
 */
export async function describeWithEmulators(name: string, body: (emulators: () => Emulators) => void): Promise<void> {
  try {
    await installFakeGcsServer();
    await installLocalBigQuery();
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    describe.skip(`${name} (skipped: ${reason})`, () => body(() => absent()));
    return;
  }
  describe(name, () => {
    let storage: FakeGcsServer | undefined;
    let bigquery: LocalBigQuery | undefined;
    beforeAll(async () => {
      storage = await startFakeGcsServer();
      await storage.make('staging');
      bigquery = await startLocalBigQuery({ storage: storage.url });
    }, START_MS * 2);
    afterAll(async () => {
      await bigquery?.stop();
      await storage?.stop();
    });
    body(() => (storage === undefined || bigquery === undefined ? absent() : { storage, bigquery }));
  });
}

function absent(): never {
  throw new Error('The emulators run only while the tests run');
}
