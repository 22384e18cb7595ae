// What target-bigquery needs of BigQuery, and nothing more: uploads are counted, not kept; every job is done at once. Says its address.
import { createServer } from 'node:http';
import process from 'node:process';

/** Jobs of uploads under way; tables that were made. */
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
      const outputRows = job?.configuration.labels?.tapline_rows ?? '0';
      answer(200, { ...job, bytes, status: { state: 'DONE' }, statistics: { load: { outputRows } } });
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

const notFound = () => ({ error: { code: 404, message: 'Not found', errors: [{ reason: 'notFound' }] } });
