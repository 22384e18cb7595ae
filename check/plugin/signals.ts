import { check, type Check } from '../check.ts';
import { must, mustNotTrace, story } from '../expect.ts';
import { sampleMessages } from '../job.ts';
import type { Lab } from '../lab.ts';
import type { Running } from '../process.ts';

const ALL = ['tap', 'target', 'mapper'] as const;
const GRACE_MS = 10_000;
const PATIENCE_MS = 5000;

export const signalChecks: readonly Check[] = [
  check(22, 'signals stop the run with their own exit code', ALL, async (lab) => {
    const cases: readonly { signals: readonly NodeJS.Signals[]; codes: readonly number[] }[] = [
      { signals: ['SIGTERM'], codes: [143] },
      { signals: ['SIGINT'], codes: [130] },
      { signals: ['SIGTERM', 'SIGINT'], codes: [143, 130] },
      { signals: ['SIGINT', 'SIGINT'], codes: [130] },
      { signals: ['SIGTERM', 'SIGTERM'], codes: [143] },
    ];
    for (const { signals, codes } of cases) {
      const running = await busy(lab);
      for (const signal of signals) running.kill(signal);
      running.resume();
      const ran = await running.ended(GRACE_MS);
      const code = ran.code ?? exitOf(ran.signal);
      must(
        codes.includes(code),
        `${signals.join(' and ')} must exit ${codes.join(' or ')}: ${story({ ...ran, stdout: Buffer.alloc(0) })}`,
      );
      mustNotTrace(ran);
      must(ran.stdout.length === 0 || ran.stdout.at(-1) === 0x0a || signals.length > 1, 'the last line on stdout is cut');
    }
  }),
  check(23, 'SIGTERM ends it though nobody reads', ALL, async (lab) => {
    const running = await busy(lab);
    running.kill('SIGTERM');
    // Its stdout stays unread, so only the process's own end counts, not the end of its output.
    await exit(running, GRACE_MS);
    running.resume();
    const ran = await running.ended();
    must((ran.code ?? exitOf(ran.signal)) === 143, `it must exit 143: code ${ran.code}, signal ${ran.signal}`);
  }),
];

/** A run in the middle of its work: a tap whose reader stands still, a target that waits for more input. */
async function busy(lab: Lab): Promise<Running> {
  if (lab.subject.kind === 'tap') {
    const { config } = await lab.source('bytes', 64 * 1024 * 1024);
    const running = await lab.start({ config });
    await running.until('a first megabyte', () => running.bytes > 1024 * 1024);
    running.pause();
    return running;
  }
  const { config } = await lab.destination(lab.perhaps('small-batches'));
  const running = await lab.start({ config });
  await running.write(sampleMessages());
  // One that tells no state before the end of its input is at work all the same.
  await running
    .until('the first state', () => running.stdout().includes('\n'), PATIENCE_MS)
    .catch((error: unknown) => {
      if (!running.alive()) throw error;
    });
  return running;
}

async function exit(running: Running, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (running.alive()) {
    if (performance.now() > deadline) throw new Error(`it still ran ${milliseconds} ms after SIGTERM`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The code a shell would show for the death by a signal. */
function exitOf(signal: NodeJS.Signals | null): number {
  return signal === 'SIGTERM' ? 143 : signal === 'SIGINT' ? 130 : -1;
}
