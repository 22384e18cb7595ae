import process from 'node:process';
import type { TestProject } from 'vitest/node';
import { POSTGRES_VERSIONS, type PostgresVersion } from '../scripts/postgres-versions.mjs';
import { startPostgres } from '../scripts/postgres.mjs';

/** Projects that need no server, so that unit tests start at once. */
const WITHOUT_SERVER: ReadonlySet<string> = new Set(['unit']);

/** Starts the one Postgres server of a run; each test file takes a database of its own on it. Gives its end. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.vitest.projects.every((each) => WITHOUT_SERVER.has(each.name))) {
    project.provide('postgres', { missing: 'not started for unit tests' });
    return undefined;
  }
  const version = versionFrom(process.env['POSTGRES_VERSION']);
  try {
    const server = await startPostgres({
      ...(version === undefined ? {} : { version }),
      fsync: false,
      settings: { wal_level: 'logical', max_connections: '100', track_commit_timestamp: 'on' },
    });
    project.provide('postgres', { url: server.url });
    return () => server.stop();
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Tests that need Postgres are skipped. ${reason}\n`);
    project.provide('postgres', { missing: reason });
    return undefined;
  }
}

/** `POSTGRES_VERSION=15` runs the tests against that server. */
function versionFrom(text: string | undefined): PostgresVersion | undefined {
  if (!text) return undefined;
  const version = POSTGRES_VERSIONS.find((each) => String(each) === text);
  if (version === undefined) throw new Error(`POSTGRES_VERSION is ${text}; it may be ${POSTGRES_VERSIONS.join(', ')}`);
  return version;
}
