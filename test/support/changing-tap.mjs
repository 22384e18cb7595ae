// @ts-check
// A tap of three interleaved streams whose schemas change on the way; goes on from `--state`. `--seed N --count N --every N`.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { schemaMessage, schemaVersion, sent, STREAMS } from './changing-streams.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    every: { type: 'string', default: '100' },
    state: { type: 'string' },
  },
});
const [seed, count, every] = [Number(values.seed), Number(values.count), Number(values.every)];
const given = values.state === undefined ? {} : JSON.parse(readFileSync(values.state, 'utf8') || '{}');
const start = given.bookmarks?.all?.position ?? 0;
const pieces = 64 * 1024;
let text = '';

/** @param {object} message */
function say(message) {
  text += `${JSON.stringify(message)}\n`;
}

/** @param {number} position */
function state(position) {
  const syncing = position < count ? { currently_syncing: sent(seed, position, count).stream } : {};
  say({ type: 'STATE', value: { bookmarks: { all: { position } }, ...syncing } });
}

async function flush() {
  const piece = text;
  text = '';
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
}

state(start);
/** @type {Map<string, number>} */
const announced = new Map();
for (const stream of STREAMS) {
  announced.set(stream, schemaVersion(stream, start, count));
  say(schemaMessage(stream, schemaVersion(stream, start, count)));
}
for (let n = start; n < count; n++) {
  const { stream, record } = sent(seed, n, count);
  const version = schemaVersion(stream, n, count);
  if (announced.get(stream) !== version) {
    announced.set(stream, version);
    say(schemaMessage(stream, version));
  }
  say({ type: 'RECORD', stream, record });
  // Not at even distances: commits fall before, in and after a change of schema.
  if ((Math.imul(n, 2_654_435_761) >>> 0) % every === 0) state(n + 1);
  if (text.length > pieces) await flush();
}
state(count);
await flush();
