import { randomBytes } from 'node:crypto';

/** A name for a run that sorts by its start: `20260131T235900123Z-9f3a1c`. */
export function newRunId(startedAt: Date): string {
  return `${startedAt.toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(3).toString('hex')}`;
}
