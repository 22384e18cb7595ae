import process from 'node:process';
import { Client, DatabaseError } from 'pg';
import { test } from 'vitest';
import { smallDiskRefused, startPostgres } from '../../scripts/postgres.mjs';

/** A new server takes 50 of them. */
const MEGABYTES = 120;
/** SQLSTATE of what a server says that cannot make its files longer. */
const DISK_FULL = '53100';

/** A database on a server whose disk is small, and which knows one user by a password. */
export interface SmallDisk {
  readonly url: string;
  /** The same with this password, which is not the right one. */
  refused(password: string): string;
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Leaves no room at all. */
  fill(): Promise<void>;
  /** Makes room again. */
  free(): Promise<void>;
}

/**
 * A test with a server whose disk it can fill, to its last byte. Skipped, with the reason, where a server cannot have a disk of its own;
 * a failure with CI or REQUIRE_BACKENDS set.
 */
export function testOnSmallDisk(name: string, body: (disk: SmallDisk) => Promise<void>): void {
  const refused = smallDiskRefused();
  if (refused !== undefined && !(process.env['CI'] || process.env['REQUIRE_BACKENDS'])) {
    test.skip(`${name} (skipped: ${refused})`, () => undefined);
    return;
  }
  test(name, async () => {
    const server = await startPostgres({ disk: MEGABYTES, settings: { min_wal_size: '32MB', max_wal_size: '32MB' } });
    try {
      const disk = smallDisk(await server.createDatabase('warehouse'));
      await disk.query(`CREATE ROLE guarded LOGIN PASSWORD 'the right one'`);
      const [{ hba_file: file } = {}] = await disk.query('SHOW hba_file');
      await disk.query(`COPY (VALUES ('host all guarded all scram-sha-256'), ('host all all all trust')) TO '${String(file)}'`);
      await disk.query('SELECT pg_reload_conf()');
      await body(disk);
    } finally {
      await server.stop();
    }
  });
}

function smallDisk(url: string): SmallDisk {
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    url,
    refused(password) {
      const other = new URL(url);
      other.username = 'guarded';
      other.password = password;
      return other.href;
    },
    query,
    async fill() {
      // Not logged: what fills up is the room for tables. A server without room for its log ends.
      await query('CREATE UNLOGGED TABLE filler (bytes bytea); ALTER TABLE filler ALTER bytes SET STORAGE EXTERNAL');
      for (const rows of [1000, 1])
        await untilFull(() => query(`INSERT INTO filler SELECT repeat('x', 1000)::bytea FROM generate_series(1, ${rows})`));
    },
    async free() {
      await query('DROP TABLE filler');
    },
  };
}

async function untilFull(write: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) await write();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== DISK_FULL) throw error;
  }
}
