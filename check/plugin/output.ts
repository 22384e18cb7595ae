import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustNotTrace, mustSucceed, sameJson, stderrLines, stdoutLines, story } from '../expect.ts';
import { failingJob, largeRun, sampleMessages, SAMPLE_STATE, smallJob, structuredLogConfig } from '../job.ts';
import { isObject, messagesOf, parse } from '../messages.ts';

const ALL = ['tap', 'target', 'mapper'] as const;
/** Those whose stdout holds records. */
const WRITERS = ['tap', 'mapper'] as const;
const MANY_BYTES = 200 * 1024 * 1024;
/** More than a runtime, its code and a few buffers need; far less than the output held back. */
const MEMORY_KB = 256 * 1024;

export const outputChecks: readonly Check[] = [
  check(16, 'stdout holds messages or states alone', ALL, async (lab) => {
    const job = await smallJob(lab);
    const log = await lab.file('pure-log.json', structuredLogConfig('DEBUG'));
    for (const env of [{}, { LOGLEVEL: 'debug' }, { SINGER_SDK_LOG_CONFIG: log }] as Record<string, string>[]) {
      const ran = await lab.run({ ...job, env });
      mustSucceed(ran);
      must(ran.stdout.length === 0 || ran.stdout.at(-1) === 0x0a, `stdout must end with a newline: ${story(ran)}`);
      if (lab.subject.kind === 'target') {
        for (const line of stdoutLines(ran))
          must(sameJson(parse(line), SAMPLE_STATE), `a line is no state that came: ${story(ran)}`);
      } else must(messagesOf(ran).length > 0, 'no message came');
    }
  }),
  check(17, 'console chatter does not reach stdout', ALL, async (lab) => {
    const file = lab.subject.command[0];
    const first = file.includes('/') ? (await readFile(file, 'latin1')).split('\n')[0]! : '';
    if (!/^#!.*\bnode\b/.test(first)) throw new Skipped('only a Node executable can be given a chattering library');
    const go = `${lab.dir}/go`;
    // The library begins to talk only once the plugin is at work, as real ones do.
    const library = await lab.file(
      'chatter.mjs',
      `import { existsSync } from 'node:fs';
       setInterval(() => { if (existsSync(${JSON.stringify(go)})) for (const how of ['log', 'info', 'debug', 'dir']) console[how]('chatter'); }, 5).unref();`,
    );
    const env = { NODE_OPTIONS: `--import=file://${library}` };
    if (lab.subject.kind !== 'tap') {
      const { config } = await lab.destination(lab.perhaps('small-batches'));
      const running = await lab.start({ config, env });
      await running.write(sampleMessages());
      await running.until('first output', () => running.bytes > 0);
      await lab.file('go', '');
      await running.until('chatter anywhere', () => running.stderr().includes('chatter') || running.stdout().includes('chatter'));
      running.end();
      const ran = await running.ended();
      mustSucceed(ran);
      must(!ran.stdout.includes('chatter'), `chatter on stdout: ${story(ran)}`);
    } else {
      const { config } = await lab.source('bytes', 8 * 1024 * 1024);
      const running = await lab.start({ config, env });
      await running.until('a first message', () => running.bytes > 0);
      running.pause();
      await lab.file('go', '');
      running.resume();
      await running.until('chatter anywhere', () => running.stderr().includes('chatter') || running.stdout().includes('chatter'));
      const ran = await running.ended();
      mustSucceed(ran);
      messagesOf(ran);
    }
  }),
  check(18, 'exit codes tell success from failure', ALL, async (lab) => {
    mustSucceed(await lab.run(await smallJob(lab)));
    const job = await failingJob(lab);
    const ran = await lab.run(job);
    mustFail(ran, 'a broken job');
    must(
      // The level need not come first: many put the time before it.
      stderrLines(ran).some((line) => /^.{0,60}\b(ERROR|CRITICAL|FATAL)\b/.test(line)),
      `a line at error level: ${story(ran)}`,
    );
    const log = await lab.file('fail-log.json', structuredLogConfig('INFO'));
    const told = await lab.run({ ...job, env: { SINGER_SDK_LOG_CONFIG: log } });
    const levels = stderrLines(told)
      .map((line) => parse(line))
      .filter(isObject)
      .map((record) => record['level']);
    const loud = levels.includes('error') || levels.includes('critical');
    must(levels.length === 0 || loud, `a structured record at error level: ${story(told)}`);
  }),
  check(19, '200 MB reach a slow reader', WRITERS, async (lab) => {
    const { running, records } = await largeRun(lab, MANY_BYTES, { read: false, keep: false });
    let lines = 0;
    let chunks = 0;
    let last: Buffer = Buffer.alloc(0);
    running.onChunk((chunk) => {
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
      last = chunk;
      // Falls behind now and then, so that the writer meets a full pipe again and again.
      if (++chunks % 500 === 0) {
        running.pause();
        setTimeout(() => running.resume(), 2);
      }
    });
    running.resume();
    const ran = await running.ended(120_000);
    mustSucceed(ran);
    must(running.bytes >= MANY_BYTES, `only ${running.bytes} bytes arrived`);
    must(last.at(-1) === 0x0a, 'the last line is cut');
    must(records === undefined || lines > records, `${lines} lines arrived for ${records} records and their SCHEMA`);
  }),
  check(20, 'a reader that closes early ends the run', WRITERS, async (lab) => {
    const { running } = await largeRun(lab, 8 * 1024 * 1024);
    await running.until('a first line', () => running.stdout().includes('\n'));
    const before = stderrLines({ stderr: running.stderr() }).length;
    running.closeStdout();
    const ran = await running.ended(10_000);
    must(ran.code !== 0, `a cut run must not exit 0: ${story(ran)}`);
    mustNotTrace(ran);
    const loud = stderrLines(ran)
      .slice(before)
      .filter((line) => /^(WARNING|ERROR|CRITICAL|FATAL)\b/.test(line));
    must(loud.length <= 1, `more than one line about a closed reader: ${story(ran)}`);
  }),
  check(21, 'a stalled reader stops the source', WRITERS, async (lab) => {
    if (process.platform !== 'linux') throw new Skipped('memory of another process can be read on Linux only');
    const { running } = await largeRun(lab, MANY_BYTES, { read: false, keep: false });
    await stalled(running.pid);
    const peak = peakMemory(running.pid);
    must(peak < MEMORY_KB, `${peak} kB are in use while the reader stands still`);
    running.resume();
    await running.until('more than 32 MB', () => running.bytes > 32 * 1024 * 1024);
    const later = peakMemory(running.pid);
    must(later < MEMORY_KB, `${later} kB are in use while it goes on`);
  }),
  check(34, 'the first byte comes within half a second', ALL, async (lab) => {
    const { config } = await smallJob(lab);
    const args = lab.subject.kind === 'tap' ? ['--discover'] : ['--help'];
    const times: number[] = [];
    // The best of some: other work on the machine can only make it slower.
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      const running = await lab.start({ config, args });
      await running.until('a first byte', () => running.bytes > 0);
      times.push(performance.now() - began);
      await running.ended();
    }
    const best = Math.min(...times);
    must(best < 500, `the first byte took ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  }),
];

/** Waits until a process reads and computes no more. */
async function stalled(pid: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  let before = -1;
  let still = 0;
  while (still < 3) {
    if (performance.now() > deadline) throw new Error('the source is read on though nobody reads stdout');
    await delay(100);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime and stime, in clock ticks; timers may cost one now and then.
    const ticks = Number(fields[11]) + Number(fields[12]);
    still = before >= 0 && ticks - before <= 1 ? still + 1 : 0;
    before = ticks;
  }
}

/** Peak resident memory of a process, in kB. */
function peakMemory(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(found?.[1] ?? 0);
}

/** Reads the peak memory of a process again and again; `peak` gives the highest so far. */
export function watchMemory(pid: number): { peak(): number; stop(): void } {
  let peak = 0;
  const look = (): void => {
    try {
      peak = Math.max(peak, peakMemory(pid));
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 20);
  return {
    peak: () => peak,
    stop: () => clearInterval(timer),
  };
}
