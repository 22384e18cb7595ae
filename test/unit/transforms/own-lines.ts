import type { JsonObject } from '../../../singer/index.ts';
import { type Message, transform } from './run.ts';

/** The messages that came out of a run, and the error that ended it. */
export async function ownLines(
  config: JsonObject,
  input: readonly (JsonObject | string)[],
): Promise<{ lines: readonly Message[]; error: unknown }> {
  const lines: Message[] = [];
  let error: unknown;
  try {
    await transform(config, input, { onMessage: (message) => void lines.push(message) });
  } catch (thrown) {
    error = thrown;
  }
  return { lines, error };
}
