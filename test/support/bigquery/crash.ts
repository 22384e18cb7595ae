import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { executable, start, type Finished } from '../processes.ts';
import { lastLine } from '../victims.ts';
import { linesFrom, RECORDS, seedLines, wordOf, type CrashLoad, type TableRow } from './crash-loads.ts';
import type { HttpProxy, Passing } from './proxy.ts';

/** With batches of this size some end at a STATE, and others between two. */
const STATE_ROWS = [5, 20];
const BATCH_ROWS = 8;
/** How often a run is begun again with the whole input, though a state was printed: whoever reads the states may die, too. */
const FROM_THE_START = 0.2;

/** What a request does, for the account of a test. */
const MOMENTS: Readonly<Record<string, (passing: Passing) => boolean>> = {
  'starts of staged files': ({ method, path }) => method === 'POST' && path.startsWith('/upload/storage/'),
  'staged files': ({ method, path }) => method === 'PUT' && path.startsWith('/upload/storage/'),
  'staged files deleted': ({ method, path }) => method === 'DELETE' && path.startsWith('/storage/'),
  'starts of uploads': ({ method, path }) => method === 'POST' && path.startsWith('/upload/'),
  uploads: ({ method, path }) => method === 'PUT' && path.startsWith('/upload/'),
  'looks at jobs': ({ method, path }) => method === 'GET' && path.includes('/jobs'),
  statements: ({ method, path }) => method === 'POST' && path.endsWith('/jobs'),
  'tables made': ({ method, path }) => method === 'POST' && path.endsWith('/tables'),
  'tables dropped': ({ method }) => method === 'DELETE',
  others: () => true,
};
const STATES = 'printed states';

export interface Crashes {
  readonly folder: string;
  /** Before each server that a run talks to. */
  readonly proxies: readonly HttpProxy[];
  readonly load: CrashLoad;
  readonly settings: Readonly<Record<string, string | boolean>>;
  readonly kills: number;
  readonly random: () => number;
  /** Loads lines without any kill. */
  readonly seed: (lines: readonly object[]) => Promise<unknown>;
  /** All rows of a table, in any order; none if it is not there. */
  readonly rows: (table: string) => Promise<readonly TableRow[]>;
}

export interface Verdict {
  /** Kills that hit, by moment. */
  readonly kills: Map<string, number>;
  loads: number;
  /** Runs that took up a job that a killed one had handed in. */
  adopted: number;
  /** Requests of the first load, which no kill hits: so many moments there are. */
  requests: number;
  readonly faults: string[];
}

/**
 * Loads the same records again and again, each time into a table of its own, kills the run at a chosen request and resumes it from its
 * last printed state, or from the start, with the same `run_id`, until so many kills have hit. After each run the table may hold only what
 * the printed states allow, and in the end just what the records say.
 */
export async function crash(job: Crashes): Promise<Verdict> {
  const verdict: Verdict = { kills: new Map(), loads: 0, adopted: 0, requests: 0, faults: [] };
  while (hits(verdict) < job.kills && verdict.faults.length === 0) await oneLoad(job, verdict);
  return verdict;
}

export function hits({ kills }: Verdict): number {
  return [...kills.values()].reduce((sum, count) => sum + count, 0);
}

async function oneLoad(job: Crashes, verdict: Verdict): Promise<void> {
  const { load, random } = job;
  const stream = `s${++verdict.loads}`;
  const config = join(job.folder, `${stream}.json`);
  const settings = { ...job.settings, ...load.settings };
  writeFileSync(
    config,
    JSON.stringify({ ...settings, run_id: `run ${stream}`, batch_size_rows: BATCH_ROWS, load_interval_seconds: 0 }),
  );
  const seeds = load.isSeeded === 'always' || verdict.loads % 4 > 1 ? load.seeds : [];
  if (seeds.length > 0) await job.seed(seedLines(load, stream, seeds));
  const stateRows = STATE_ROWS[verdict.loads % STATE_ROWS.length]!;
  const wrong = (what: string): void => void verdict.faults.push(`${stream} of ${load.name}: ${what}`);
  let printed = 0;
  for (let complete = false; !complete;) {
    const victim = verdict.requests > 0 && hits(verdict) < job.kills ? momentOf(random, verdict.requests) : undefined;
    const from = random() < FROM_THE_START ? 0 : printed;
    const lines = linesFrom(load, stream, from, stateRows).map((line) => `${JSON.stringify(line)}\n`);
    const { hit, requests, status, stderr, stdout } = await oneRun(job, config, lines.join(''), victim);
    if (hit !== undefined) verdict.kills.set(hit, (verdict.kills.get(hit) ?? 0) + 1);
    if (stderr.includes('was handed in before')) verdict.adopted++;
    complete = status === 0;
    verdict.requests ||= requests;
    if (!complete && hit === undefined) return wrong(`failed unprovoked: ${status} ${stderr}`);
    const last = lastLine(stdout);
    // What came before is not undone by a run that began anew, but keys may have older rows until it has got as far.
    printed = last === undefined ? from : (JSON.parse(last) as { readonly records: number }).records;
    const rows = await job.rows(stream);
    const fault = load.fault(rows, complete ? RECORDS : printed, seeds);
    if (fault !== undefined) return wrong(`${fault} (killed at ${hit}, states up to ${printed} of ${RECORDS})`);
  }
  const words = (await job.rows(stream)).map(wordOf).toSorted().join();
  const expected = load.result(seeds).toSorted().join();
  if (words !== expected) wrong(`the table has ${words}\nand not ${expected}`);
}

interface Moment {
  /** A printed state, or a request before the server has it or after it has answered. */
  readonly at: 'state' | 'before' | 'after';
  readonly nth: number;
}

function momentOf(random: () => number, requests: number): Moment {
  const at = (['state', 'before', 'after', 'after', 'after'] as const)[Math.floor(random() * 5)]!;
  return { at, nth: 1 + Math.floor(random() * (at === 'state' ? 3 : requests)) };
}

/** Gives what the kill hit; undefined: the run had ended before. */
async function oneRun(
  { proxies }: Crashes,
  config: string,
  lines: string,
  moment: Moment | undefined,
): Promise<Pick<Finished, 'status' | 'stdout' | 'stderr'> & { readonly hit: string | undefined; readonly requests: number }> {
  const { child, finished } = start(executable('target-bigquery'), ['--config', config]);
  let requests = 0;
  let states = 0;
  let hit: string | undefined;
  const kill = (what: string): void => {
    if (child.kill('SIGKILL')) hit = what;
  };
  if (moment?.at === 'state') {
    child.stdout!.on('data', (text: string) => {
      states += text.split('\n').length - 1;
      if (states >= moment.nth) kill(STATES);
    });
  }
  const trap: HttpProxy['trap'] = (passing) => {
    if (++requests !== moment?.nth || moment.at === 'state') return undefined;
    const what = Object.keys(MOMENTS).find((name) => MOMENTS[name]!(passing))!;
    return { side: moment.at, spring: () => kill(`${what} (${moment.at})`) };
  };
  for (const proxy of proxies) proxy.trap = trap;
  child.stdin!.end(lines);
  const { status, stdout, stderr } = await finished;
  return { status, stdout, stderr, requests, hit: status === 'SIGKILL' ? hit : undefined };
}
