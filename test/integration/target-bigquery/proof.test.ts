import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { describeWithEmulators } from '../../support/gcs/fake-gcs-server.ts';
import { root, run } from '../../support/processes.ts';

/** What the emulator does otherwise than BigQuery documents; all else that the script proves holds there, too. */
const OTHERWISE = [
  // It keeps the text of base64 as the bytes.
  'numbers, times, bytes and texts come back as they went',
  // It reads a text in a JSON column as JSON, and takes no null in a list.
  'a text in a JSON column stays a text, and a list keeps its nulls',
  // It takes one ALTER COLUMN in a statement.
  'several columns are widened by one statement',
  // It has no lengths of texts.
  'a row that BigQuery alone refuses goes to the quarantine, the others are loaded',
  'a row that BigQuery alone refuses is found in the one of several files that has it',
];

await describeWithEmulators('the script that proves target-bigquery against the real service', (emulators) => {
  test('runs, says what holds, and leaves nothing behind', { timeout: 240_000 }, async () => {
    const script = join(root, 'scripts', 'prove-bigquery.mjs');
    const { bigquery, storage } = emulators();
    const staging = ['--bucket', 'staging', '--storage-endpoint', storage.url];
    const args = ['--project', 'test', '--api-endpoint', bigquery.url, '--compression', 'none', ...staging];
    const { stdout, stderr } = await run(process.execPath, [script, ...args]);
    const lines = stdout.trim().split('\n').slice(0, -1);
    expect(lines.length, stderr).toBe(11);
    const failed = lines.filter((line) => line.startsWith('FAILED') && !OTHERWISE.some((what) => line.includes(what)));
    expect(failed).toEqual([]);
    const datasets = (await (await fetch(`${bigquery.url}/bigquery/v2/projects/test/datasets`)).json()) as {
      readonly datasets?: readonly { readonly datasetReference: { readonly datasetId: string } }[];
    };
    expect(await storage.list('staging')).toEqual([]);
    expect((datasets.datasets ?? []).map(({ datasetReference }) => datasetReference.datasetId)).toEqual(['d']);
  });
});
