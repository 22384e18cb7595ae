import { check, type Check } from '../check.ts';
import { must, mustNotTrace, story } from '../expect.ts';
import { largeRun, sampleMessages } from '../job.ts';
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
    const tried = BUSY[lab.subject.kind].flatMap((start) => cases.map((one) => ({ start, ...one })));
    for (const { start, signals, codes } of tried) {
      const running = await start(lab);
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
    for (const start of BUSY[lab.subject.kind]) {
      const running = await start(lab);
      running.kill('SIGTERM');
      // Its stdout stays unread, so only the process's own end counts, not the end of its output.
      await exit(running, GRACE_MS);
      running.resume();
      const ran = await running.ended();
      must((ran.code ?? exitOf(ran.signal)) === 143, `it must exit 143: code ${ran.code}, signal ${ran.signal}`);
    }
  }),
];

/** Runs in the middle of their work: one that writes to a reader that stands still, one that waits for more input. */
const BUSY = { tap: [flooding], target: [waiting], mapper: [flooding, waiting] } as const;

async function flooding(lab: Lab): Promise<Running> {
  const { running } = await largeRun(lab, 64 * 1024 * 1024);
  await running.until('a first megabyte', () => running.bytes > 1024 * 1024);
  running.pause();
  return running;
}

async function waiting(lab: Lab): Promise<Running> {
  const { config } = await lab.destination(lab.perhaps('small-batches'));
  const running = await lab.start({ config });
  await running.write(sampleMessages());
  // One that tells no state before the end of its input is at work all the same.
  await running
    .until('first output', () => running.stdout().includes('\n'), PATIENCE_MS)
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
