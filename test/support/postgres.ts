import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { existingServer, startPostgres, type PostgresServer } from '../../scripts/postgres.mjs';

export { startPostgres, type PostgresServer };

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the run's one server, or why there is none. */
    postgres: { readonly url: string } | { readonly missing: string };
  }
}

/**
 * A `describe` with a database of its own on the run's one server, made before and dropped after its tests. Reported as
 * skipped, with the reason, where there is no server (with CI or REQUIRE_BACKENDS set the run has failed before).
 * @param body gets a function that gives the database's URL; call it inside tests or hooks only
 */
export function describeWithPostgres(name: string, body: (url: () => string) => void): void {
  const server = inject('postgres');
  if ('missing' in server) {
    describe.skip(`${name} (skipped: ${server.missing})`, () => body(() => ''));
    return;
  }
  describe(name, () => {
    let database: TestDatabase | undefined;
    beforeAll(async () => {
      database = await createTestDatabase();
    });
    afterAll(() => database?.drop());
    body(() => {
      if (database === undefined) throw new Error('The database is made before the tests, not while they are collected');
      return database.url;
    });
  });
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * An empty database with a random name on the run's one server.
 * @throws Error where there is no server
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgres');
  if ('missing' in server) throw new Error(`No Postgres server: ${server.missing}`);
  const databases = existingServer(server.url);
  const url = await databases.createDatabase(`tapline_test_${randomBytes(6).toString('hex')}`);
  return { url, drop: () => databases.stop() };
}
