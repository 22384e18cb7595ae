// What the source is asked. Its column "timestamp" has no zone and means UTC; the server does all that has to do with time: it reads `from`
// and `before` in the asker's zone and writes each time in it, with all six digits of a second, of which JavaScript's own Date keeps three.
import { Pool } from 'pg';

/** The columns that may be asked for. */
export const SIGNALS = ['wind_speed', 'power', 'ambient_temprature'];

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
    application_name: 'wind-service',
    options: '-c default_transaction_read_only=on -c statement_timeout=5000',
    connectionTimeoutMillis: 5000,
  });
  // A connection that waits for work may be lost; the next request takes another one.
  pool.on('error', () => {});
  return pool;
}

/**
 * A page of measurements, oldest first.
 * @param {Pool} pool
 * @param {object} wanted
 * @param {string} wanted.zone name of the IANA database
 * @param {string} wanted.from the first moment that counts
 * @param {string} wanted.before the first moment that does not count any more
 * @param {string[]} wanted.signals of SIGNALS
 * @param {string} [wanted.after] time of the last measurement of the page before this one
 * @param {number} wanted.limit
 * @returns {Promise<{ measurements: Measurement[], last: string | undefined } | undefined>} `last` where more follow; undefined where `before`
 *   is not after `from`
 */
export async function measurementsOf(pool, { zone, from, before, signals, after, limit }) {
  // NaN is no number of JSON's. To those who ask, a sensor that says NaN and one that says nothing have both failed.
  const columns = signals.map((signal) => `nullif(${signal}, 'NaN') AS ${signal}`);
  // One more than the page holds tells whether there is another page.
  const page = `
    SELECT to_char("timestamp" AT TIME ZONE 'UTC', '${IN_ZONE}') AS "timestamp", ${columns.join(', ')}
    FROM public.data
    WHERE "timestamp" >= $1::timestamptz AT TIME ZONE 'UTC' AND "timestamp" < $2::timestamptz AT TIME ZONE 'UTC'
      ${after === undefined ? '' : `AND "timestamp" > $3::timestamptz AT TIME ZONE 'UTC'`}
    ORDER BY public.data."timestamp" LIMIT ${limit + 1}`;
  return inZone(pool, zone, async (client) => {
    const range = await client.query('SELECT $1::timestamptz < $2::timestamptz AS some', [from, before]);
    if (!range.rows[0].some) return undefined;
    const { rows } = await client.query(page, after === undefined ? [from, before] : [from, before, after]);
    const measurements = rows.slice(0, limit);
    return { measurements, last: rows.length > limit ? measurements.at(-1).timestamp : undefined };
  });
}

/** @typedef {{ timestamp: string } & Record<string, number | null>} Measurement */

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
