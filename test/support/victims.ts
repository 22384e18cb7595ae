import type { ChildProcess } from 'node:child_process';
import type { Client } from 'pg';
import type { Pipeline } from './processes.ts';

/** A run that neither ends nor moves for so long hangs. */
const HANG_MILLISECONDS = 60_000;

/** Waits for a random moment, often right after real progress, and kills one of the two, if it still runs. */
export async function killOne({ processes, done }: Pipeline, random: () => number): Promise<'tap' | 'target' | undefined> {
  const [tap, target] = processes;
  if (tap === undefined || target === undefined) throw new Error('A pipeline has two ends');
  const ended = done.then(() => undefined);
  const pause = (most: number): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => setTimeout(resolve, random() * most)), ended]);
  if (random() < 0.25) {
    await pause(500); // Start-up: connecting, creating the table, reading the state.
  } else {
    const states = 1 + Math.floor(random() * 6);
    const printed = new Promise<void>((resolve) => {
      let lines = 0;
      target.stdout?.on('data', (text: string) => {
        lines += text.split('\n').length - 1;
        if (lines >= states) resolve();
      });
    });
    await Promise.race([printed, ended]);
    await pause(30);
  }
  return kill(tap, target, random);
}

/** Kills one of the two within so many milliseconds, if it still runs: for runs that are over before they print much. */
export async function killWithin(
  milliseconds: number,
  { processes, done }: Pipeline,
  random: () => number,
): Promise<'tap' | 'target' | undefined> {
  const [tap, target] = processes;
  if (tap === undefined || target === undefined) throw new Error('A pipeline has two ends');
  const pause = new Promise<void>((resolve) => setTimeout(resolve, random() * milliseconds));
  await Promise.race([pause, done.then(() => undefined)]);
  return kill(tap, target, random);
}

function kill(tap: ChildProcess, target: ChildProcess, random: () => number): 'tap' | 'target' | undefined {
  const victim = random() < 0.5 ? 'tap' : 'target';
  const child = victim === 'tap' ? tap : target;
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  return child.kill('SIGKILL') ? victim : undefined;
}

/** Waits for the end of both: the survivor must end by itself once its partner is dead. */
export async function inTime({ processes, done }: Pipeline): Promise<Awaited<Pipeline['done']>> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    for (const child of processes) child.kill('SIGKILL');
  }, HANG_MILLISECONDS);
  const result = await done;
  clearTimeout(timer);
  if (hung) throw new Error(`One process was still there ${HANG_MILLISECONDS / 1000} s after the other was killed`);
  return result;
}

/**
 * Waits until the server has ended the sessions of the killed: a COMMIT that was on its way still counts, and would be taken for
 * the next run's.
 */
export async function settled(client: Client): Promise<void> {
  const others =
    'SELECT count(*)::int AS others FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  while ((await client.query<{ others: number }>(others)).rows[0]?.others !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The last whole line: a kill may have cut the one after it. */
export function lastLine(stdout: string): string | undefined {
  return (
    stdout
      .slice(0, stdout.lastIndexOf('\n') + 1)
      .trimEnd()
      .split('\n')
      .at(-1) || undefined
  );
}
