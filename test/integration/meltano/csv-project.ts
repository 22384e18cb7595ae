import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { meltanoProject, type MeltanoProject } from '../../support/meltano.ts';
import type { Finished } from '../../support/processes.ts';

export const DATA = '.cache/demo/checkins.csv';
export const ROWS = 'user,timestamp,hours,project\nann,2024-01-01,1.5,alpha\nbo,2024-01-02,2,beta\n';
export const MORE = 'cy,2024-01-03,3,alpha\n';
export const STATE_ID = { postgres: 'dev:tap-csv-to-target-postgres', jsonl: 'dev:tap-csv-to-target-jsonl' };

export interface SingerState {
  readonly singer_state: { readonly bookmarks: Readonly<Record<string, { files?: Record<string, { rows: number }> }>> };
}

/** A project with the demo's file in place. */
export function prepared(meltano: string): MeltanoProject {
  const project = meltanoProject(meltano);
  for (const path of [DATA, 'one.csv', 'two.csv']) project.write(path, ROWS);
  mkdirSync(join(project.folder, 'output'));
  return project;
}

/** `files` of tap-csv as environment text: the demo's file, or one file of its own per stream. */
export function files(keys: readonly string[], streams: readonly string[] = []): string {
  const entries = streams.map((entity) => ({ entity, path: `${entity}.csv`, keys }));
  return JSON.stringify(entries.length > 0 ? entries : [{ entity: 'checkins', path: DATA, keys }]);
}

/**
 * Meltano says this when the loader ended with 0 and printed no line with an error. What it does next is not asked: 4.4.1 ends
 * the process that has ended and, by chance, stumbles over that (ProcessLookupError), with a loader that is a mere `cat`, too.
 */
export async function passesLoaderTest(running: Promise<Finished>): Promise<void> {
  const { status, stderr } = await running;
  expect(stderr).toContain('Test data was written to your target system');
  if (status !== 0) expect(stderr).toContain('ProcessLookupError');
}

export function rowsCovered(state: string): number {
  const { bookmarks } = (JSON.parse(state) as SingerState).singer_state;
  return Object.values(bookmarks['checkins']?.files ?? {}).reduce((sum, file) => sum + file.rows, 0);
}
