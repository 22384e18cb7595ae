import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify from 'fastify';
import { checkinsOf } from './checkins.mjs';
import { checkinsSchema } from './schemas.mjs';

/**
 * The service, ready to listen. `/docs` describes it.
 * @param {import('pg').Pool} pool closed with it
 * @param {import('fastify').FastifyServerOptions} [options]
 * @returns {Promise<import('fastify').FastifyInstance>}
 */
export async function makeApp(pool, options = {}) {
  // A parameter that is mistyped must not be passed over as if it had not been there.
  const app = Fastify({ ...options, ajv: { customOptions: { removeAdditional: false } } });
  app.addHook('onClose', () => pool.end());
  app.setErrorHandler(answerError);
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Check-ins', version: '0.1.0' } } });
  await app.register(swaggerUi, { routePrefix: '/docs' });

  app.get('/users/:user/checkins', { schema: checkinsSchema }, async (request) => {
    const { zone, cursor, ...query } = request.query;
    if (!isZone(zone)) throw problem(400, `querystring/zone: ${zone} is no time zone`);
    const user = request.params.user.trim().toLowerCase();
    const page = await checkinsOf(pool, { ...query, user, zone, after: cursor === undefined ? undefined : position(cursor) });
    if (page === undefined) throw problem(404, 'Nobody of that name has ever checked in');
    return { user, zone, checkins: page.checkins, next: page.last === undefined ? null : cursorOf(page.last) };
  });
  return app;
}

/** @param {string} name */
function isZone(name) {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** @param {import('./checkins.mjs').Position} last */
function cursorOf({ at, id }) {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** @param {string} cursor @returns {import('./checkins.mjs').Position} */
function position(cursor) {
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof at === 'string' && typeof id === 'string') return { at, id };
  } catch {
    // Said below: it does not matter in which way it is wrong.
  }
  throw problem(400, 'querystring/cursor: not one that came from here');
}

/** @param {number} statusCode @param {string} message */
function problem(statusCode, message) {
  return Object.assign(new Error(message), { statusCode });
}

/** Codes of Postgres, or the beginnings of them, and what they mean to somebody who asks. */
const MEANINGS = [
  { code: /^22/, status: 400, message: 'A date, a time or a zone that the database does not know' },
  { code: /^(?:42P01|3F000|42703)$/, status: 503, message: 'No check-ins have been loaded yet' },
  { code: /^(?:08|53|57|28|3D|ECONN|ENOTFOUND|ETIMEDOUT|EAI_)/, status: 503, message: 'The database cannot be reached' },
];

/** @type {import('fastify').FastifyInstance['errorHandler']} */
function answerError(error, request, reply) {
  const code = typeof error.code === 'string' ? error.code : '';
  const known =
    error.statusCode === undefined
      ? (MEANINGS.find((each) => each.code.test(code)) ?? unreachable(error))
      : { status: error.statusCode, message: error.message };
  // Of what nobody foresaw, the log says more than the asker has to know.
  if (known === undefined || known.status === 503) request.log.error(error);
  return reply.status(known?.status ?? 500).send(problem(known?.status ?? 500, known?.message ?? 'The service failed'));
}

/** The pool's own failures have no code. @param {Error} error */
function unreachable(error) {
  return /timeout|terminated/i.test(error.message) ? { status: 503, message: 'The database cannot be reached' } : undefined;
}
