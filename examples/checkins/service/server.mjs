// Serves the check-ins: CHECKINS_DATABASE is the address of the database, PORT (8080) and HOST (127.0.0.1) say where to listen.
import process from 'node:process';
import { makeApp } from './app.mjs';
import { openPool } from './checkins.mjs';

const { CHECKINS_DATABASE: url, PORT: port = '8080', HOST: host = '127.0.0.1' } = process.env;
if (url) await serve(url);
else {
  process.stderr.write('CHECKINS_DATABASE is not set: postgresql://user:password@host/database\n');
  process.exitCode = 2;
}

/** @param {string} database */
async function serve(database) {
  const app = await makeApp(openPool(database), { logger: true });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void app.close());
  await app.listen({ port: Number(port), host });
}
