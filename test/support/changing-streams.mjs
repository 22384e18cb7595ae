// @ts-check
// Three streams whose schemas change on the way, the same for the same seed: what `changing-tap.mjs` sends and what a test expects.

/** @typedef {'users' | 'orders' | 'visits'} StreamName */
/** @typedef {{ readonly stream: StreamName, readonly record: Record<string, string | number | null> }} Sent */

/** @type {readonly StreamName[]} */
export const STREAMS = ['users', 'orders', 'visits'];

/** Keys of users are few, so that most records change a row that is there. */
const USERS = 400;

/**
 * The places, as shares of the whole, at which a stream's schema changes, and what its properties are from there on.
 * @type {Readonly<Record<StreamName, readonly { readonly from: number, readonly properties: Record<string, object> }[]>>}
 */
const SCHEMAS = {
  users: [
    { from: 0, properties: { id: { type: 'integer' }, n: { type: 'integer' }, score: { type: ['null', 'integer'] } } },
    { from: 0.3, properties: { email: { type: ['null', 'string'] } } },
    { from: 0.6, properties: { score: { type: ['null', 'number'] } } },
  ],
  orders: [
    { from: 0, properties: { n: { type: 'integer' }, amount: { type: 'integer' } } },
    { from: 0.5, properties: { amount: { type: 'number' } } },
    { from: 0.75, properties: { note: { type: ['null', 'string'] } } },
  ],
  visits: [
    { from: 0, properties: { n: { type: 'integer' }, at: { type: 'string', format: 'date' }, kind: { type: 'integer' } } },
    { from: 0.35, properties: { at: { type: 'string', format: 'date-time' } } },
    { from: 0.7, properties: { kind: { type: 'string' } } },
  ],
};

/**
 * A number from 0 to 1 for a place in the stream.
 * @param {number} seed
 * @param {number} n
 * @returns {number}
 */
function chance(seed, n) {
  let mixed = Math.imul((seed * 0x9e3779b1) ^ (n * 0x85ebca6b), 0xc2b2ae35);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2545f491);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_296;
}

/**
 * How many changes a stream's schema has seen before the n-th of `count` records.
 * @param {StreamName} stream
 * @param {number} n
 * @param {number} count
 * @returns {number}
 */
export function schemaVersion(stream, n, count) {
  return SCHEMAS[stream].filter(({ from }) => n >= from * count).length;
}

/**
 * @param {StreamName} stream
 * @param {number} version
 * @returns {object} its SCHEMA message
 */
export function schemaMessage(stream, version) {
  const properties = Object.assign({}, ...SCHEMAS[stream].slice(0, version).map((change) => change.properties));
  const keys = stream === 'users' ? ['id'] : [];
  return { type: 'SCHEMA', stream, schema: { type: 'object', properties }, key_properties: keys };
}

/**
 * The n-th record of all streams together.
 * @param {number} seed
 * @param {number} n
 * @param {number} count
 * @returns {Sent}
 */
export function sent(seed, n, count) {
  const dice = chance(seed, n);
  const stream = STREAMS[Math.floor(dice * 3)] ?? 'visits';
  const version = schemaVersion(stream, n, count);
  const whole = Math.floor(chance(seed + 1, n) * 1000);
  if (stream === 'users') {
    const user = { id: Math.floor(chance(seed + 2, n) * USERS), n, score: version > 2 ? whole + 0.25 : whole };
    return { stream, record: version > 1 ? { ...user, email: `u${n}@example.org` } : user };
  }
  if (stream === 'orders') {
    const order = { n, amount: version > 1 ? whole + 0.5 : whole };
    return { stream, record: version > 2 ? { ...order, note: 'lorem ipsum '.repeat(whole % 40) } : order };
  }
  const day = `2026-01-${String(1 + (whole % 28)).padStart(2, '0')}`;
  return {
    stream,
    record: { n, at: version > 1 ? `${day}T12:34:56.789Z` : day, kind: version > 2 ? `k${whole}` : whole },
  };
}
