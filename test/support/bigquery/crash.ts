import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { executable, start, type Finished } from '../processes.ts';
import { lastLine } from '../victims.ts';
import type { HttpProxy, Passing } from './proxy.ts';

const ROWS = 60;
/** A pipe holds three rows of this size, so that batches end where they should and not with the input. */
const ROW_CHARACTERS = 20_000;
/** A STATE after so many rows, in one load and the next: with batches of this size some end at a STATE, and others between two. */
const STATE_ROWS = [5, 20];
const BATCH_ROWS = 8;

/** The last request at which a run is killed: a load has about so many, and a kill that comes too late hits nothing. */
const REQUESTS = 40;

/** What a request does, for the account of a test. */
const MOMENTS: Readonly<Record<string, (passing: Passing) => boolean>> = {
  'starts of uploads': ({ method, path }) => method === 'POST' && path.startsWith('/upload/'),
  uploads: ({ method, path }) => method === 'PUT' && path.startsWith('/upload/'),
  'looks at jobs': ({ method, path }) => method === 'GET' && path.includes('/jobs'),
  statements: ({ method, path }) => method === 'POST' && path.endsWith('/jobs'),
  others: () => true,
};
const STATES = 'printed states';

export interface Crashes {
  readonly folder: string;
  readonly proxy: HttpProxy;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly kills: number;
  readonly random: () => number;
  /** The ids that stand in a table, in any order, one for each row. */
  readonly ids: (table: string) => Promise<readonly number[]>;
}

export interface Verdict {
  /** Kills that hit, by moment. */
  readonly kills: Map<string, number>;
  loads: number;
  /** Runs that took up a job that a killed one had handed in. */
  adopted: number;
  readonly faults: string[];
}

/**
 * Loads the same rows again and again, each time into a table of its own, kills the run at a chosen request and resumes it from its
 * last printed state with the same `run_id`, until so many kills have hit; then the table must hold each row once.
 */
export async function crash(job: Crashes): Promise<Verdict> {
  const verdict: Verdict = { kills: new Map(), loads: 0, adopted: 0, faults: [] };
  while (hits(verdict) < job.kills && verdict.faults.length === 0) await oneLoad(job, verdict);
  return verdict;
}

export function hits({ kills }: Verdict): number {
  return [...kills.values()].reduce((sum, count) => sum + count, 0);
}

async function oneLoad(job: Crashes, verdict: Verdict): Promise<void> {
  const stream = `s${++verdict.loads}`;
  const config = join(job.folder, `${stream}.json`);
  const settings = { ...job.settings, run_id: `run ${stream}`, batch_size_rows: BATCH_ROWS, load_interval_seconds: 0 };
  writeFileSync(config, JSON.stringify(settings));
  const stateRows = STATE_ROWS[verdict.loads % STATE_ROWS.length]!;
  let covered = 0;
  for (let complete = false; !complete;) {
    const victim = hits(verdict) < job.kills ? momentOf(job.random) : undefined;
    const { status, stdout, stderr, hit } = await oneRun(job, config, linesFrom(stream, covered, stateRows), victim);
    if (hit !== undefined) verdict.kills.set(hit, (verdict.kills.get(hit) ?? 0) + 1);
    if (stderr.includes('was handed in before')) verdict.adopted++;
    complete = status === 0;
    if (!complete && hit === undefined) return void verdict.faults.push(`${stream} failed unprovoked: ${status} ${stderr}`);
    const printed = lastLine(stdout);
    if (printed !== undefined) covered = (JSON.parse(printed) as { readonly rows: number }).rows;
    const there = new Set(await job.ids(stream));
    const lost = range(0, covered).filter((id) => !there.has(id));
    if (lost.length > 0)
      return void verdict.faults.push(`${stream}: the printed state covers rows that are not there: ${lost.join()}`);
  }
  const ids = (await job.ids(stream)).toSorted((a, b) => a - b);
  if (ids.join() !== range(0, ROWS).join()) verdict.faults.push(`${stream}: rows are lost or doubled: ${ids.join()}`);
}

interface Moment {
  /** A printed state, or a request before the server has it or after it has answered. */
  readonly at: 'state' | 'before' | 'after';
  readonly nth: number;
}

function momentOf(random: () => number): Moment {
  const at = (['state', 'before', 'after', 'after', 'after'] as const)[Math.floor(random() * 5)]!;
  return { at, nth: 1 + Math.floor(random() * (at === 'state' ? 3 : REQUESTS)) };
}

/** Gives what the kill hit; undefined: the run had ended before. */
async function oneRun(
  { proxy }: Crashes,
  config: string,
  lines: string,
  moment: Moment | undefined,
): Promise<Pick<Finished, 'status' | 'stdout' | 'stderr'> & { readonly hit: string | undefined }> {
  const { child, finished } = start(executable('target-bigquery'), ['--config', config]);
  let seen = 0;
  let hit: string | undefined;
  const kill = (what: string): void => {
    if (child.kill('SIGKILL')) hit = what;
  };
  if (moment?.at === 'state') {
    child.stdout!.on('data', (text: string) => {
      seen += text.split('\n').length - 1;
      if (seen >= moment.nth) kill(STATES);
    });
  }
  proxy.trap = (passing) => {
    if (moment === undefined || moment.at === 'state' || ++seen !== moment.nth) return undefined;
    const what = Object.keys(MOMENTS).find((name) => MOMENTS[name]!(passing))!;
    return { side: moment.at, spring: () => kill(`${what} (${moment.at})`) };
  };
  child.stdin!.end(lines);
  const { status, stdout, stderr } = await finished;
  return { status, stdout, stderr, hit: status === 'SIGKILL' ? hit : undefined };
}

/** What a tap sends that is resumed behind so many rows. */
function linesFrom(stream: string, from: number, stateRows: number): string {
  const schema = { type: 'object', properties: { id: { type: 'integer' }, text: { type: 'string' } } };
  const lines: object[] = [{ type: 'SCHEMA', stream, schema, key_properties: ['id'] }];
  for (const id of range(from, ROWS)) {
    lines.push({ type: 'RECORD', stream, record: { id, text: 'x'.repeat(ROW_CHARACTERS + id) } });
    if ((id + 1) % stateRows === 0) lines.push({ type: 'STATE', value: { rows: id + 1 } });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
