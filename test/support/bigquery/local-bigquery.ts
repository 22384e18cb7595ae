import process from 'node:process';
import { afterAll, beforeAll, describe } from 'vitest';
import { installLocalBigQuery, START_MS, startLocalBigQuery, type LocalBigQuery } from '../../../scripts/local-bigquery.mjs';

export { startLocalBigQuery, type LocalBigQuery };

/** A `describe` with an emulator of its own. Reported as skipped, with the reason, where it cannot be had; a failure with CI or REQUIRE_BACKENDS set. */
export async function describeWithLocalBigQuery(name: string, body: (server: () => LocalBigQuery) => void): Promise<void> {
  try {
    await installLocalBigQuery();
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    describe.skip(`${name} (skipped: ${reason})`, () => body(() => absent()));
    return;
  }
  describe(name, () => {
    let server: LocalBigQuery | undefined;
    beforeAll(async () => void (server = await startLocalBigQuery()), START_MS * 2);
    afterAll(() => server?.stop());
    body(() => server ?? absent());
  });
}

function absent(): never {
  throw new Error('The emulator runs only while the tests run');
}
