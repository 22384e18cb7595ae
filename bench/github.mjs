// @ts-check
// GitHub as tap-github meets it when nothing goes wrong: releases in pages, ETags, 304. All answers are made before the first request.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { root } from '../scripts/command.mjs';

const PAGE = 100;
const LIMIT = 1_000_000;
const RECORDED = new URL('../test/support/github/recorded/releases.json', import.meta.url);

/** @typedef {{ body: Buffer, packed: Buffer, etag: string, last: number }} Answer */

/** So many releases like the recorded ones, newest first. @param {number} count @returns {{ id: number, node_id: string, tag_name: string }[]} */
export function releases(count) {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8'));
  return Array.from({ length: count }, (_, at) => ({
    ...recorded[at % recorded.length],
    id: count - at,
    node_id: `RE_${count - at}`,
    tag_name: `v${count - at}`,
  }));
}

/** The answers of a list of releases, one for each page, as text. @param {readonly object[]} all */
export function pages(all) {
  return Array.from({ length: Math.ceil(all.length / PAGE) }, (_, at) => JSON.stringify(all.slice(at * PAGE, (at + 1) * PAGE)));
}

/**
 * Serves repositories `octo/repo-0`, `octo/repo-1`, …, all with the same releases.
 * @param {number} repositories @param {readonly string[]} texts the pages of each
 */
export async function serveGitHub(repositories, texts) {
  const answers = texts.map((text) => answerOf(text, texts.length));
  const counts = { asked: 0, unchanged: 0, whole: 0 };
  let base = '';
  /** @param {import('node:http').IncomingMessage} request @returns {{ status: number, headers?: Record<string, string>, body?: string | Buffer }} */
  const answerTo = (request) => {
    const url = new URL(request.url ?? '/', base);
    if (url.pathname === '/rate_limit') return { status: 200, body: JSON.stringify(limits(counts.whole)) };
    counts.asked++;
    const id = repositoryOf(url.pathname);
    if (id === undefined || id >= repositories) return { status: 404, body: '{"message":"Not Found"}' };
    const number = Number(url.searchParams.get('page') ?? 1);
    const answer = url.pathname.endsWith('/releases') ? answers[number - 1] : undefined;
    if (answer !== undefined && request.headers['if-none-match'] === answer.etag) {
      counts.unchanged++;
      return { status: 304, headers: { etag: answer.etag } };
    }
    counts.whole++;
    if (!url.pathname.endsWith('/releases')) return { status: 200, body: JSON.stringify(repositoryFor(id)) };
    if (answer === undefined) return { status: 200, body: '[]' };
    const to = (/** @type {number} */ page) => `<${base}/repositories/${1000 + id}/releases?per_page=${PAGE}&page=${page}>`;
    const link = number < answer.last ? { link: `${to(number + 1)}; rel="next", ${to(answer.last)}; rel="last"` } : {};
    const packed = /\bgzip\b/.test(String(request.headers['accept-encoding']));
    return {
      status: 200,
      headers: { ...link, etag: answer.etag, ...(packed && { 'content-encoding': 'gzip' }) },
      body: packed ? answer.packed : answer.body,
    };
  };
  const server = createServer((request, response) => {
    const { status, headers, body } = answerTo(request);
    const { limit, remaining, used, reset } = limits(counts.whole).resources.core;
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-used': used,
      'x-ratelimit-reset': reset,
      'x-ratelimit-resource': 'core',
      ...headers,
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url: base,
    counts,
    forget: () => Object.assign(counts, { asked: 0, unchanged: 0, whole: 0 }),
    /** Settings for tap-github. @param {number} count */
    config: (count) => ({
      api_url_base: base,
      auth_token: 'ghp_bench',
      additional_auth_tokens: [],
      repositories: Array.from({ length: count }, (_, id) => `octo/repo-${id}`),
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined));
        server.closeAllConnections();
      }),
  };
}

/** The answer to `/rate_limit`. @param {number} used */
function limits(used) {
  const core = { limit: LIMIT, used, remaining: LIMIT - used, reset: Math.ceil(Date.now() / 1000) + 3600 };
  return { resources: { core, search: core }, rate: core };
}

/** @param {string} text @param {number} last @returns {Answer} */
function answerOf(text, last) {
  const body = Buffer.from(text);
  const etag = `W/"${createHash('md5').update(body).digest('hex')}"`;
  return { body, packed: gzipSync(body), etag, last };
}

/** The place of a repository by `/repos/octo/repo-N` or `/repositories/1000+N`. @param {string} path */
function repositoryOf(path) {
  const [, name, number] = /^\/(?:repos\/octo\/repo-(\d+)|repositories\/(\d+))(?:\/|$)/.exec(path) ?? [];
  if (name !== undefined) return Number(name);
  return number === undefined ? undefined : Number(number) - 1000;
}

/** @param {number} id */
const repositoryFor = (id) => ({
  id: 1000 + id,
  name: `repo-${id}`,
  full_name: `octo/repo-${id}`,
  owner: { login: 'octo', id: 1 },
});

/**
 * The catalog of tap-github with the stream of releases alone selected.
 * @param {string} config path of a config
 * @returns {Promise<object>}
 */
export async function onlyReleases(config) {
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/tap-github', '--discover', '--config', config], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  /** @type {{ streams: { tap_stream_id: string, metadata: { breadcrumb: string[], metadata: Record<string, unknown> }[] }[] }} */
  const catalog = JSON.parse(stdout);
  for (const { tap_stream_id, metadata } of catalog.streams) {
    const whole = metadata.find(({ breadcrumb }) => breadcrumb.length === 0);
    if (whole !== undefined) whole.metadata['selected'] = tap_stream_id === 'releases';
  }
  return catalog;
}
