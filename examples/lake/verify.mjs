// @ts-check
// Compares both ways through the lake with the source, by SQL, and the files of the lake with their manifests.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const TABLES = /** @type {const} */ (['users', 'transactions']);
const COLUMNS = {
  users: 'id, email, full_name, status, born::text, credit::text, settings::text, created_at::text, updated_at::text',
  transactions: 'id, user_id, amount::text, currency, status, note, happened_at::text, updated_at::text',
};
/** What the way to the latest rows does to them. */
const LOWERED = {
  users: COLUMNS.users.replace('email', 'lower(btrim(email)) AS email').replace('status', 'lower(status) AS status'),
  transactions: COLUMNS.transactions
    .replace('currency', 'lower(currency) AS currency')
    .replace('status', 'lower(status) AS status'),
};

/**
 * @param {Pick<import('../../scripts/examples/example.mjs').Work, 'folder' | 'query'>} work
 * @returns {Promise<string[]>} what is wrong
 */
export async function problemsIn({ folder, query }) {
  /** @type {string[]} */
  const problems = [];
  const lines = /** @type {Record<string, number>} */ ({});
  for (const part of ['all', 'changes']) {
    const lake = await manifestProblems(join(folder, 'output/lake', part));
    problems.push(...lake.problems);
    for (const table of TABLES) lines[`${part}.${table}`] = lake.rows.get(table) ?? 0;
  }
  for (const table of TABLES) {
    const rows = async (/** @type {string} */ columns, /** @type {string} */ from, /** @type {string} */ database) =>
      new Map((await query(`SELECT ${columns} FROM ${from}`, database)).map((row) => [String(row.id), JSON.stringify(row)]));
    const source = await rows(COLUMNS[table], table, 'source');
    problems.push(...differences(`staging.${table}`, source, await rows(COLUMNS[table], `staging.${table}`, 'warehouse')));

    // What is deleted in the source is not seen by who asks for what has changed.
    const gone = new Set(
      (await query(`SELECT id FROM deleted WHERE table_name = '${table}'`, 'source')).map(({ id }) => String(id)),
    );
    const latest = await rows(COLUMNS[table], `latest.${table}`, 'warehouse');
    for (const id of gone) if (!source.has(id)) latest.delete(id);
    problems.push(...differences(`latest.${table}`, await rows(LOWERED[table], table, 'source'), latest));

    const [history] = await query(`SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM history.${table}`);
    if (history.rows !== lines[`changes.${table}`])
      problems.push(`history.${table} has ${history.rows} rows, the lake ${lines[`changes.${table}`]} lines`);
    const lost = await query(
      `SELECT id FROM latest.${table} EXCEPT SELECT h.id FROM history.${table} AS h JOIN latest.${table} AS l USING (id, updated_at)`,
    );
    if (lost.length > 0) problems.push(`history.${table} lacks the latest of ${lost.length} rows`);
    if (lines[`all.${table}`] !== source.size)
      problems.push(`The lake has ${lines[`all.${table}`]} lines of all ${table}, the source ${source.size} rows`);
  }
  const [late] = await query("SELECT count(*)::int AS rows FROM latest.users WHERE id < 10 AND status = 'late'");
  if (late.rows !== 9) problems.push(`Of the 9 users that were committed late ${late.rows} are there`);
  return problems;
}

/** @param {string} what @param {Map<string, string>} wanted @param {Map<string, string>} found */
function differences(what, wanted, found) {
  const missing = [...wanted].filter(([id, row]) => found.get(id) !== row);
  const extra = [...found.keys()].filter((id) => !wanted.has(id));
  return [
    ...missing.map(([id, row]) => `${what} ${id}: ${found.get(id) ?? 'is missing'}, and should be ${row}`),
    ...extra.map((id) => `${what} ${id}: should not be there`),
  ];
}

/** Whether the files are those that the manifest names; and the lines in them, by table. @param {string} folder */
async function manifestProblems(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, number>} */
  const rows = new Map();
  for (const { path, ...file } of manifest.files) {
    const bytes = await readFile(join(folder, path));
    const lines = gunzipSync(bytes).toString('utf8').trimEnd().split('\n').length;
    if (createHash('sha256').update(bytes).digest('hex') !== file.sha256)
      problems.push(`${path} has another sum than its manifest`);
    if (lines !== file.rows) problems.push(`${path} has ${lines} lines, its manifest says ${file.rows}`);
    const table = path.split('/')[0] ?? '';
    rows.set(table, (rows.get(table) ?? 0) + lines);
  }
  return { problems, rows };
}
