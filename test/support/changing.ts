import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { sent, STREAMS, type Sent } from './changing-streams.mjs';
import { executable, pipeline, run } from './processes.ts';
import { inTime, killOne, lastLine, settled } from './victims.ts';

/** Small, so that a load has many commits and a kill lands between, before, in and after them. */
const BATCH_ROWS = 300;
const STATE_ROWS = 60;

export interface Trial {
  readonly folder: string;
  readonly url: string;
  readonly seed: number;
  /** Records of one load, all streams together. */
  readonly records: number;
  readonly kills: number;
  readonly random: () => number;
}

export interface Outcome {
  kills: { tap: number; target: number };
  loads: number;
  faults: string[];
}

type Row = Record<string, string | null>;

/** How each table reads, in one spelling whatever types its columns have had. */
const READ: Readonly<Record<Sent['stream'], string>> = {
  users: `SELECT id::text, n::text, score::float8::text AS score, email FROM "users" ORDER BY id::int`,
  orders: `SELECT n::text, amount::float8::text AS amount, note FROM "orders" ORDER BY n::int`,
  visits: `SELECT n::text, to_char(at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, kind::text FROM "visits" ORDER BY n::int`,
};

/**
 * Loads three streams whose schemas change on the way, again and again, killing tap or target (SIGKILL) at random moments and
 * resuming from the state in the database, until so many kills have hit. After each kill every row that the state covers must be
 * there, and none twice or ahead of it; at the end of each load the tables must equal what was sent.
 */
export async function trial(job: Trial): Promise<Outcome> {
  const outcome: Outcome = { kills: { tap: 0, target: 0 }, loads: 0, faults: [] };
  const client = new Client({ connectionString: job.url });
  await client.connect();
  try {
    // What fails by itself would fail forever.
    while (outcome.kills.tap + outcome.kills.target < job.kills && outcome.faults.length === 0) {
      await oneLoad(job, client, outcome);
    }
  } finally {
    await client.end();
  }
  return outcome;
}

async function oneLoad(job: Trial, client: Client, outcome: Outcome): Promise<void> {
  const schema = `load_${outcome.loads + 1}`;
  const say = (fault: string): void => void outcome.faults.push(`load ${outcome.loads + 1}: ${fault}`);
  const config = join(job.folder, 'target.json');
  const stateFile = join(job.folder, 'state.json');
  const target = { url: job.url, default_target_schema: schema, load_method: 'upsert', batch_size_rows: BATCH_ROWS };
  writeFileSync(config, JSON.stringify(target));
  writeFileSync(stateFile, '{}');
  await client.query(`CREATE SCHEMA "${schema}"; SET search_path = "${schema}"`);
  const numbers = { seed: job.seed + outcome.loads, count: job.records, every: STATE_ROWS };
  const tapArgs = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const all = Array.from({ length: job.records }, (_, n) => sent(numbers.seed, n, job.records));
  for (let complete = false; !complete;) {
    const load = pipeline([
      { program: 'test/support/changing-tap.mjs', args: [...tapArgs, '--state', stateFile] },
      { program: 'bin/target-postgres', args: ['--config', config] },
    ]);
    const victim = outcome.kills.tap + outcome.kills.target < job.kills ? await killOne(load, job.random) : undefined;
    const { parts, stdout } = await inTime(load);
    if (victim !== undefined) outcome.kills[victim]++;
    complete = parts.every(({ status }) => status === 0);
    if (!complete && victim === undefined) {
      say(`failed unprovoked: ${parts.map((part) => `${part.status} ${part.stderr}`).join('\n')}`);
      break;
    }
    await settled(client);
    const { status, stdout: state, stderr } = await run(executable('target-postgres'), ['state', 'get', '--config', config]);
    if (status !== 0) throw new Error(`state get failed: ${stderr}`);
    writeFileSync(stateFile, state);
    const printed = positionOf(lastLine(stdout));
    if (printed > positionOf(state)) say(`the printed state ${printed} is ahead of the database's ${positionOf(state)}`);
    await check(client, all, positionOf(state), complete, say);
  }
  await client.query(`RESET search_path; DROP SCHEMA "${schema}" CASCADE`);
  outcome.loads++;
}

function positionOf(state: string | undefined): number {
  const parsed = JSON.parse(state || '{}') as { bookmarks?: { all?: { position?: number } } };
  return parsed.bookmarks?.all?.position ?? 0;
}

/** The tables hold what was sent before `position`; of users, later values too, unless the load is complete. */
async function check(
  client: Client,
  all: readonly Sent[],
  position: number,
  complete: boolean,
  say: (fault: string) => void,
): Promise<void> {
  if (complete && position !== all.length) say(`complete at ${position} of ${all.length}`);
  for (const stream of STREAMS) {
    const expected = expectedRows(stream, all.slice(0, position));
    const { rows: found } = await client.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [stream]);
    const names = new Set<string>();
    if (found[0]?.found) {
      const { rows } = await client.query<{ name: string }>(
        `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1`,
        [stream],
      );
      for (const { name } of rows) names.add(name);
    } else if (expected.length > 0) say(`state ${position}: there is no table ${stream}`);
    if (names.size === 0) continue;
    // A column that came later is not there yet.
    const late = stream === 'users' ? 'email' : 'note';
    const sql = names.has(late) ? READ[stream] : READ[stream].replace(new RegExp(`\\b${late}\\b`), `NULL AS ${late}`);
    const { rows } = await client.query<Row>(sql);
    const fault = stream === 'users' && !complete ? behind(expected, rows) : difference(expected, rows);
    if (fault !== undefined) say(`state ${position}, ${stream}: ${fault}`);
  }
}

function expectedRows(stream: Sent['stream'], all: readonly Sent[]): Row[] {
  const records = all.filter((one) => one.stream === stream).map(({ record }) => record);
  const text = (value: string | number | null | undefined): string | null =>
    value === undefined || value === null ? null : String(value);
  if (stream === 'orders') return records.map((r) => ({ n: text(r['n']), amount: text(r['amount']), note: text(r['note']) }));
  if (stream === 'visits') {
    return records.map((r) => ({
      n: text(r['n']),
      at: String(r['at']).length === 10 ? `${r['at']}T00:00:00.000Z` : text(r['at']),
      kind: text(r['kind']),
    }));
  }
  const newest = new Map<string, Row>();
  for (const r of records) {
    // A field that a record leaves out is null, also where a row was there before.
    newest.set(String(r['id']), { id: text(r['id']), n: text(r['n']), score: text(r['score']), email: text(r['email']) });
  }
  return [...newest.values()].toSorted((a, b) => Number(a['id']) - Number(b['id']));
}

function difference(expected: readonly Row[], found: readonly Row[]): string | undefined {
  const wrong = expected.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(found[i]));
  if (wrong < 0 && expected.length === found.length) return undefined;
  const at = wrong < 0 ? expected.length : wrong;
  return `row ${at + 1} of ${expected.length} (${found.length} found): ${JSON.stringify(expected[at])} became ${JSON.stringify(found[at])}`;
}

/** Rows of a keyed stream may be newer than the state, never older or missing. */
function behind(expected: readonly Row[], found: readonly Row[]): string | undefined {
  const byId = new Map(found.map((row) => [row['id'], row]));
  if (byId.size !== found.length) return `${found.length - byId.size} keys stand there twice`;
  const old = expected.find((row) => Number(byId.get(row['id'] ?? '')?.['n'] ?? -1) < Number(row['n']));
  return old === undefined ? undefined : `the row of ${JSON.stringify(old)} is missing or older`;
}
