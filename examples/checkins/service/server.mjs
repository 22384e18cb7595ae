// Serves the check-ins: CHECKINS_DATABASE is the address of the database, PORT (8080) and HOST (127.0.0.1) say where to listen.
import process from 'node:process';
import { makeApp } from './app.mjs';
import { openPool } from './checkins.mjs';

const { CHECKINS_DATABASE: url, PORT: port = '8080', HOST: host = '127.0.0.1' } = process.env;
if (!url) {
  process.stderr.write('CHECKINS_DATABASE is not set: postgresql://user:password@host/database\n');
  process.exit(2);
}
const app = await makeApp(openPool(url), { logger: true });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void app.close());
await app.listen({ port: Number(port), host });
