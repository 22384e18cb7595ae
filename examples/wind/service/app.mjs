import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify from 'fastify';
import { measurementsOf } from './measurements.mjs';
import { measurementsSchema } from './schemas.mjs';

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
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Wind', version: '0.1.0' } } });
  await app.register(swaggerUi, { routePrefix: '/docs' });

  app.get('/measurements', { schema: measurementsSchema }, async (request) => {
    const { zone, cursor, ...query } = request.query;
    if (!isZone(zone)) throw problem(400, `querystring/zone: ${zone} is no time zone`);
    const page = await measurementsOf(pool, { ...query, zone, after: cursor === undefined ? undefined : timeOf(cursor) });
    if (page === undefined) throw problem(400, 'querystring/before: is not after from');
    return { zone, measurements: page.measurements, next: page.last === undefined ? null : cursorOf(page.last) };
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

/** @param {string} time */
function cursorOf(time) {
  return Buffer.from(time).toString('base64url');
}

/** @param {string} cursor */
function timeOf(cursor) {
  const time = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$/.test(time)) return time;
  throw problem(400, 'querystring/cursor: not one that came from here');
}

/** @param {number} statusCode @param {string} message */
function problem(statusCode, message) {
  return Object.assign(new Error(message), { statusCode });
}

/** Codes of Postgres, or the beginnings of them, and what they mean to somebody who asks. */
const MEANINGS = [
  { code: /^22/, status: 400, message: 'A date, a time or a zone that the database does not know' },
  { code: /^(?:42P01|3F000|42703)$/, status: 503, message: 'There are no measurements yet' },
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
