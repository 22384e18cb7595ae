// What target-bigquery needs of BigQuery and of Cloud Storage, and nothing more: uploads are counted, not kept; every job is done at once. Says its address.
import { createServer } from 'node:http';
import process from 'node:process';

/** Jobs, and files, of uploads under way; tables that were made. */
const sessions = [];
const tables = new Map();

const server = createServer((request, response) => {
  const { method, url } = request;
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  if (method === 'PUT') {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => {
      const job = sessions[Number(new URL(url, 'http://sink').searchParams.get('session') ?? NaN)];
      answer(200, job?.configuration === undefined ? { size: String(bytes), bytes } : { ...done(job), bytes });
    });
    return;
  }
  const parts = [];
  request.on('data', (chunk) => parts.push(chunk));
  request.on('end', () => {
    const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
    if (url.startsWith('/upload/')) {
      const location = `http://${request.headers.host}/upload?session=${sessions.push(body) - 1}`;
      return answer(200, undefined, { location });
    }
    if (method === 'DELETE') return answer(204);
    if (url.startsWith('/storage/')) return answer(200, { location: 'US' });
    if (method === 'POST' && url.endsWith('/jobs')) return answer(200, done(body));
    const [, dataset, table] = /\/datasets\/([^/?]+)(?:\/tables(?:\/([^/?]+))?)?/.exec(url) ?? [];
    if (method === 'POST' && url.endsWith('/tables')) {
      tables.set(body.tableReference.tableId, { ...body, type: 'TABLE', etag: '1', numRows: '0' });
      return answer(200, body);
    }
    if (table !== undefined) return tables.has(table) ? answer(200, tables.get(table)) : answer(404, notFound());
    if (dataset !== undefined) return answer(200, { location: 'US' });
    return answer(404, notFound());
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));

const done = (job) => {
  const outputRows = job.configuration.labels?.tapline_rows ?? '0';
  return { ...job, status: { state: 'DONE' }, statistics: { load: { outputRows } } };
};
const notFound = () => ({ error: { code: 404, message: 'Not found', errors: [{ reason: 'notFound' }] } });
