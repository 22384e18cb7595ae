import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { executable, pipeline, run } from './processes.ts';
import { inTime, killOne, lastLine, settled } from './victims.ts';

/** Small, so that a load has many commits and a kill lands between, before, in and after them. */
const BATCH_ROWS = 300;
const STATE_ROWS = 100;

/** How a killed load is resumed: from the last line the target printed, or from what `state get` gives. */
export type Resume = 'printed' | 'database';

export interface Torture {
  readonly folder: string;
  readonly url: string;
  /** Rows of the file; `id` is the key, from 1 on. */
  readonly rows: readonly KillRow[];
  readonly method: 'upsert' | 'append-only';
  readonly resume: Resume;
  readonly kills: number;
  readonly random: () => number;
}

export interface KillRow {
  readonly id: string;
  readonly name: string;
  readonly note: string;
}

export interface Verdict {
  /** Kills that hit a process that was still running. */
  kills: { tap: number; target: number };
  /** Loads brought to their end; the table was compared with the file after each. */
  loads: number;
  /** Rows that stand in an append table more than once, over all loads. */
  repeated: number;
  /** What went wrong, with the load's number. */
  faults: string[];
}

/** Rows with everything that CSV and JSON must escape; `note` makes them long, so that a file has many batches. */
export function killRows(count: number, random: () => number): KillRow[] {
  return Array.from({ length: count }, (_, n) => ({
    id: String(n + 1),
    name: `${['Ann', 'Bo "B"', 'Çelik', '李雷', 'a,b', 'x\ny', '\\N'][Math.floor(random() * 7)]} ${n}`,
    note: 'lorem ipsum '.repeat(Math.floor(random() * 60)),
  }));
}

/** Writes the rows as CSV. */
export function writeKillFile(path: string, rows: readonly KillRow[]): void {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  writeFileSync(path, `id,name,note\n${rows.map((r) => `${r.id},${cell(r.name)},${cell(r.note)}\n`).join('')}`);
}

/**
 * Loads a file again and again, killing tap or target (SIGKILL) at random moments and resuming, until so many kills have hit;
 * then compares each finished load with the file.
 */
export async function torture(job: Torture): Promise<Verdict> {
  const verdict: Verdict = { kills: { tap: 0, target: 0 }, loads: 0, repeated: 0, faults: [] };
  const client = new Client({ connectionString: job.url });
  await client.connect();
  try {
    // What fails by itself would fail forever.
    while (verdict.kills.tap + verdict.kills.target < job.kills && verdict.faults.length === 0) {
      await oneLoad(job, client, verdict);
    }
  } finally {
    await client.end();
  }
  return verdict;
}

async function oneLoad(job: Torture, client: Client, verdict: Verdict): Promise<void> {
  // Its own state, too: `state_id` is the table's name.
  const table = `${job.method === 'upsert' ? 'upsert' : 'append'}_${job.resume}_${verdict.loads + 1}`;
  const say = (fault: string): void => void verdict.faults.push(`load ${verdict.loads + 1}: ${fault}`);
  const data = join(job.folder, 'rows.csv');
  const paths = {
    tap: join(job.folder, 'tap.json'),
    target: join(job.folder, 'target.json'),
    state: join(job.folder, 'state.json'),
  };
  const target = {
    url: job.url,
    default_target_schema: 'public',
    load_method: job.method,
    batch_size_rows: BATCH_ROWS,
    state_id: table,
  };
  writeFileSync(
    paths.tap,
    JSON.stringify({ files: [{ entity: table, path: data, keys: ['id'] }], state_interval_records: STATE_ROWS }),
  );
  writeFileSync(paths.target, JSON.stringify(target));
  writeFileSync(paths.state, '{}');
  for (let complete = false; !complete;) {
    const earlier = await commits(client, table);
    const load = pipeline([
      { program: 'bin/tap-csv', args: ['--config', paths.tap, '--state', paths.state] },
      { program: 'bin/target-postgres', args: ['--config', paths.target] },
    ]);
    const victim = verdict.kills.tap + verdict.kills.target < job.kills ? await killOne(load, job.random) : undefined;
    const { parts, stdout } = await inTime(load);
    if (victim !== undefined) verdict.kills[victim]++;
    complete = parts.every(({ status }) => status === 0);
    if (!complete && victim === undefined) {
      say(`failed unprovoked: ${parts.map((part) => `${part.status} ${part.stderr}`).join('\n')}`);
      break;
    }
    await keepState(job.resume, stdout, paths);
    if (job.resume === 'printed') {
      await settled(client);
      await checkPrinted(job.method, client, table, readFileSync(paths.state, 'utf8'), earlier, say);
    }
  }
  await compare(job, client, table, verdict, say);
  await client.query(`DROP TABLE IF EXISTS "${table}"`);
  verdict.loads++;
}

/** Makes the state file that the next run starts from. */
async function keepState(resume: Resume, stdout: string, paths: { target: string; state: string }): Promise<void> {
  if (resume === 'printed') {
    const line = lastLine(stdout);
    if (line) writeFileSync(paths.state, line);
    return;
  }
  const { status, stdout: state, stderr } = await run(executable('target-postgres'), ['state', 'get', '--config', paths.target]);
  if (status !== 0) throw new Error(`state get failed: ${stderr}`);
  writeFileSync(paths.state, state);
}

/**
 * SQL for the commit that wrote a row: its time. Not its `xmin`: a transaction with savepoints has several. Our own server keeps
 * these times; on one that does not, commits cannot be told apart, and at most the last one is repeated goes unproven.
 */
const COMMIT = `CASE current_setting('track_commit_timestamp') WHEN 'on' THEN pg_xact_commit_timestamp(xmin)::text END`;

/** The commits that wrote the table's rows. */
async function commits(client: Client, table: string): Promise<Set<string | null>> {
  if (!(await exists(client, table))) return new Set();
  const { rows } = await client.query<{ commit: string | null }>(`SELECT DISTINCT ${COMMIT} AS commit FROM "${table}"`);
  return new Set(rows.map((row) => row.commit));
}

async function exists(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [`public."${table}"`]);
  return rows[0]?.found === true;
}

/**
 * Every row that the printed state covers is in the table; in an append table, what it does not cover came by one commit at
 * most. An upsert may commit more between two states, because it takes rows twice without harm.
 */
async function checkPrinted(
  method: Torture['method'],
  client: Client,
  table: string,
  state: string,
  earlier: ReadonlySet<string | null>,
  say: (fault: string) => void,
): Promise<void> {
  const covered = rowsCovered(state, table);
  if (!(await exists(client, table))) {
    if (covered > 0) say(`the printed state covers ${covered} rows and there is no table`);
    return;
  }
  const { rows } = await client.query<{ found: number; beyond: (string | null)[] | null }>(
    `SELECT count(DISTINCT id) FILTER (WHERE id::int <= $1)::int AS found,
       array_agg(DISTINCT ${COMMIT}) FILTER (WHERE id::int > $1) AS beyond FROM "${table}"`,
    [covered],
  );
  const found = rows[0]?.found ?? 0;
  if (found !== covered) say(`the printed state covers ${covered} rows and only ${found} of them are in the table`);
  const beyond = (rows[0]?.beyond ?? []).filter((commit) => !earlier.has(commit));
  if (method === 'append-only' && beyond.length > 1) say(`${beyond.length} commits are not covered by the printed state`);
}

/** How many rows of the file a state covers, by tap-csv's own account. */
function rowsCovered(state: string, stream: string): number {
  const parsed = JSON.parse(state) as { bookmarks?: Record<string, { files?: Record<string, { rows?: number }> }> };
  const files = Object.values(parsed.bookmarks?.[stream]?.files ?? {});
  return files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
}

/** The finished table against the file: nothing missing, nothing altered, nothing more than once where that is promised. */
async function compare(
  job: Torture,
  client: Client,
  table: string,
  verdict: Verdict,
  say: (fault: string) => void,
): Promise<void> {
  if (!(await exists(client, table))) return say('there is no table');
  const { rows } = await client.query<KillRow & { times: number }>(
    `SELECT id, name, note, count(*)::int AS times FROM "${table}" GROUP BY id, name, note ORDER BY id::int`,
  );
  const wrong = job.rows.findIndex((row, n) => {
    const found = rows[n];
    return found?.id !== row.id || found.name !== row.name || found.note !== row.note;
  });
  if (wrong >= 0 || rows.length !== job.rows.length)
    say(`row ${wrong + 1} of ${job.rows.length} differs; the table has ${rows.length} different rows`);
  const repeated = rows.reduce((sum, row) => sum + row.times - 1, 0);
  verdict.repeated += repeated;
  if (repeated > 0 && (job.method === 'upsert' || job.resume === 'database')) say(`${repeated} rows stand there more than once`);
}
