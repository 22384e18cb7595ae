import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/postgres/index.ts';
import { through as throughCore, type Lane, type Said } from '../../support/through.ts';

export type { Lane, Said };

/** Loads message lines by the whole of the core. Throws what the run throws. */
export function through(url: string, lane: Lane, settings: Record<string, Json>, lines: readonly string[]): Promise<Said> {
  return throughCore(target, { lane, lines, settings: { url, default_target_schema: 'public', ...settings } });
}
