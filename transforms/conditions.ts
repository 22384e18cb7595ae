import { byName } from './named.ts';
import type { compileWhen } from './when.ts';

/** The compiler of conditions, by the parameter that has one. It brings that of expressions along. */
export const conditions = byName<typeof compileWhen>({
  when: async () => ({ default: (await import('./when.ts')).compileWhen }),
});
