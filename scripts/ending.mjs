// @ts-check
import process from 'node:process';

/**
 * Runs a script's work, whatever happens to it: a failure is told and gives the exit code 1, a signal that asks to stop its own.
 * @param {object} script
 * @param {string} script.failed what is said before a failure's message
 * @param {() => Promise<void>} script.work
 * @param {() => void} script.interrupt ends what runs, at once
 * @param {() => Promise<unknown> | undefined} script.close gives back what was taken
 */
export async function toTheEnd({ failed, work, interrupt, close }) {
  let stopping = false;
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.on(signal, () => {
      stopping = true;
      interrupt();
      process.stdout.write('\nStopped.\n');
      void Promise.resolve(close()).finally(() => process.exit(code));
    });
  }
  try {
    await work();
  } catch (error) {
    // What fails because it was stopped is no news; the signal's exit code stands.
    if (stopping) await new Promise(() => {});
    process.stderr.write(`\n${failed} ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    await close();
  }
}
