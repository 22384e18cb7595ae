// @ts-check
import { spawnSync } from 'node:child_process';
import { Client, escapeIdentifier } from 'pg';
import { startPostgres } from '../scripts/postgres.mjs';
import { shape } from './data.mjs';
import { cpuOf, measure } from './measure.mjs';

/** @typedef {import('./measure.mjs').Measure} Measure */

/** The server of a bench run, with its settings as they come, and what cases need of it. */
export class BenchPostgres {
  /** @param {import('../scripts/postgres.mjs').PostgresServer} server @param {string} url @param {Client} client */
  constructor(server, url, client) {
    this.server = server;
    this.url = url;
    this.client = client;
    this.hasPsql = spawnSync('psql', ['--version']).status === 0;
  }

  static async start() {
    const server = await startPostgres({ fsync: true });
    const url = await server.createDatabase('bench');
    const client = new Client({ connectionString: url });
    await client.connect();
    return new BenchPostgres(server, url, client);
  }

  /** Settings of a connection, for taps and targets of all makers. @param {string} [database] its URL; the bench's own unless said */
  connection(database = this.url) {
    const url = new URL(database);
    return {
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      password: url.password || 'none',
      database: url.pathname.slice(1),
    };
  }

  /** What target-postgres needs to load into it. @param {Record<string, unknown>} [more] */
  config(more = {}) {
    return { ...this.connection(), default_target_schema: 'public', add_record_metadata: false, ...more };
  }

  /**
   * Measures `run` from a level start: no table, nothing left to write to disk from before.
   * @param {string} table @param {number} rows expected in it afterwards @param {() => Promise<Measure>} run
   */
  async fresh(table, rows, run) {
    await this.client.query(`DROP TABLE IF EXISTS ${escapeIdentifier(table)}`);
    return this.again(table, rows, run);
  }

  /** The same on the table as it is. @param {string} table @param {number} rows @param {() => Promise<Measure>} run @param {string} [schema] @returns {Promise<Measure>} */
  async again(table, rows, run, schema = 'public') {
    await this.client.query('CHECKPOINT');
    const measured = await this.serving(run);
    const { rows: found } = await this.client.query(
      `SELECT count(*)::int AS count FROM ${escapeIdentifier(schema)}.${escapeIdentifier(table)}`,
    );
    if (found[0].count !== rows) throw new Error(`${table} holds ${found[0].count} rows instead of ${rows}`);
    return measured;
  }

  /** Measures `run` with the processor time of the server. @param {() => Promise<Measure>} run @returns {Promise<Measure>} */
  async serving(run) {
    const before = cpuOf(this.server.pid);
    const measured = await run();
    const after = cpuOf(this.server.pid);
    if (before === undefined || after === undefined) return measured;
    return { ...measured, processes: [...measured.processes, { name: 'server', peakBytes: 0, cpuSeconds: after - before }] };
  }

  /**
   * The limit: `\copy` of the same file into the same table, all columns text.
   * @param {string} name of the data @param {string} file @param {number} rows
   */
  async copy(name, file, rows) {
    const { stream, columns, keys } = shape(name);
    return this.fresh(stream, rows, async () => {
      const key = keys.length === 0 ? '' : `, PRIMARY KEY (${keys.map(escapeIdentifier).join(', ')})`;
      await this.client.query(
        `CREATE TABLE ${stream} (${columns.map((column) => `${escapeIdentifier(column)} text`).join(', ')}${key})`,
      );
      if (this.hasPsql) {
        return measure(`psql -q "$URL" -c "\\\\copy ${stream} from '$FILE' with (format csv, header)"`, {
          URL: this.url,
          FILE: file,
        });
      }
      return measure(`node bench/limits/copy.mjs "$URL" ${stream} "$FILE"`, { URL: this.url, FILE: file });
    });
  }

  async stop() {
    await this.client.end();
    await this.server.stop();
  }
}
