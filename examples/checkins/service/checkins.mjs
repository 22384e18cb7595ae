// What the table is asked. The server does all that has to do with time: it reads `from` and `to` in the asker's zone and writes each time
// in it, with all six digits of a second, of which JavaScript's own Date keeps three.
import { Pool } from 'pg';

/** ISO 8601 with the offset that the zone had at that moment. */
const IN_ZONE = 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM';

/**
 * A way into the database that can read and do nothing else.
 * @param {string} url
 * @returns {Pool}
 */
export function openPool(url) {
  const pool = new Pool({
    connectionString: url,
    application_name: 'checkins-service',
    options: '-c default_transaction_read_only=on -c statement_timeout=5000',
    connectionTimeoutMillis: 5000,
  });
  // A connection that waits for work may be lost; the next request takes another one.
  pool.on('error', () => {});
  return pool;
}

/**
 * A page of a user's check-ins, newest first.
 * @param {Pool} pool
 * @param {object} wanted
 * @param {string} wanted.user
 * @param {string} wanted.zone name of the IANA database
 * @param {string} [wanted.from] the first moment that counts
 * @param {string} [wanted.to] the first moment that does not count any more
 * @param {string} [wanted.project]
 * @param {Position} [wanted.after] where the page before this one ended
 * @param {number} wanted.limit
 * @returns {Promise<{ checkins: Checkin[], last: Position | undefined } | undefined>} `last` where more follow; undefined for a user of whom
 *   there is nothing at all
 */
export async function checkinsOf(pool, { user, zone, from, to, project, after, limit }) {
  const values = [user];
  const conditions = ['"user" = $1'];
  const where = (condition, ...more) => {
    values.push(...more);
    conditions.push(condition(...more.map((_, index) => `$${values.length - more.length + index + 1}`)));
  };
  if (from !== undefined) where((at) => `"timestamp" >= ${at}::timestamptz`, from);
  if (to !== undefined) where((at) => `"timestamp" < ${at}::timestamptz`, to);
  if (project !== undefined) where((name) => `project = ${name}`, project);
  if (after !== undefined) where((at, id) => `("timestamp", checkin_id) < (${at}::timestamptz, ${id})`, after.at, after.id);
  // One more than the page holds tells whether there is another page.
  const page = `
    SELECT checkin_id AS id, to_char("timestamp", '${IN_ZONE}') AS at, hours::float8 AS hours, project, project_as_typed
    FROM checkins.checkins WHERE ${conditions.join(' AND ')}
    ORDER BY "timestamp" DESC, checkin_id DESC LIMIT ${limit + 1}`;
  return inZone(pool, zone, async (client) => {
    const { rows } = await client.query(page, values);
    if (rows.length === 0) {
      const { rowCount } = await client.query('SELECT FROM checkins.checkins WHERE "user" = $1 LIMIT 1', [user]);
      if (rowCount === 0) return undefined;
    }
    const checkins = rows.slice(0, limit);
    const { at, id } = checkins.at(-1) ?? {};
    return { checkins, last: rows.length > limit ? { at, id } : undefined };
  });
}

/** @typedef {{ id: string, at: string, hours: number, project: string, project_as_typed: string }} Checkin */
/** @typedef {{ at: string, id: string }} Position */

/**
 * @template T
 * @param {Pool} pool @param {string} zone @param {(client: import('pg').PoolClient) => Promise<T>} work
 */
async function inZone(pool, zone, work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SELECT set_config('timezone', $1, true)", [zone]);
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // What state the connection is in is not worth finding out.
    client.release(true);
    throw error;
  }
}
