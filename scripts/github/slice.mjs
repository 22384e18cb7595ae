// @ts-check
// Cuts what tap-github reads out of GitHub's OpenAPI description and keeps it in taps/github/schemas/openapi.json:
//
//   node scripts/github/slice.mjs FILE            FILE: generated/api.github.com.json of the npm package @octokit/openapi
//   node scripts/github/slice.mjs --check FILE    changes nothing; ends with 1 and names what GitHub has changed since
//
// The package has 400 MB with all its variants, so it is no dependency: `npm pack @octokit/openapi` gives the file.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** @typedef {string | number | boolean | null | Node[] | { [name: string]: Node }} Node any JSON */
/**
 * @typedef {{ content?: Record<string, { schema: Node }> }} Answer
 * @typedef {object} OpenApi
 * @property {{ version: string }} info
 * @property {Record<string, Record<string, { responses: Record<string, Answer> }>>} paths
 * @property {{ schemas: Record<string, Node> }} components
 * @typedef {object} Slice
 * @property {string} source
 * @property {string} licence
 * @property {Record<string, Node>} operations `get /path` to the schema of its answer
 * @property {Record<string, Node>} schemas
 */

export const SLICE = new URL('../../taps/github/schemas/openapi.json', import.meta.url);

/** What the tap asks, and what the fake of the tests answers. */
const OPERATIONS = [
  'get /rate_limit',
  'get /user',
  'get /user/{account_id}',
  'get /orgs/{org}',
  'get /repos/{owner}/{repo}',
  'get /repos/{owner}/{repo}/releases',
  'get /repos/{owner}/{repo}/tags',
  'get /repos/{owner}/{repo}/issues',
  'get /repos/{owner}/{repo}/issues/comments',
  'get /repos/{owner}/{repo}/pulls',
  'get /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
  'get /repos/{owner}/{repo}/commits',
  'get /repos/{owner}/{repo}/actions/runs',
  'get /repos/{owner}/{repo}/stargazers',
  'get /repos/{owner}/{repo}/installation',
  'get /orgs/{org}/repos',
  'get /orgs/{org}/installation',
  'get /users/{username}/repos',
  'get /users/{username}/installation',
  'get /search/repositories',
  'get /app/installations',
  'post /app/installations/{installation_id}/access_tokens',
];

/** Answers that are kept: what was asked for, and the one shape that errors have. */
const STATUSES = ['200', '201'];
const ERRORS = 'basic-error';

/** Words about a schema, not of it. */
const WORDS = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'x-github', 'x-multi-segment']);

/**
 * @param {OpenApi} whole
 * @returns {Slice} operations with the schema of each answer, and all schemas that these name
 */
function sliceOf(whole) {
  /** @type {Record<string, Node>} */
  const schemas = {};
  /** @param {Node} node @returns {Node} */
  const keep = (node) => {
    if (Array.isArray(node)) return node.map(keep);
    if (typeof node !== 'object' || node === null) return node;
    const name = typeof node['$ref'] === 'string' ? schemaName(node['$ref']) : undefined;
    if (name !== undefined && !(name in schemas)) {
      schemas[name] = {};
      schemas[name] = keep(found(whole.components.schemas[name], `the schema ${name}`));
    }
    // Fields may be called `description` or `title`, too: only words beside a type or a reference are left out.
    return Object.fromEntries(
      Object.entries(node).flatMap(([key, value]) =>
        key === 'properties' && typeof value === 'object' && value !== null
          ? [[key, Object.fromEntries(Object.entries(value).map(([field, schema]) => [field, keep(schema)]))]]
          : WORDS.has(key)
            ? []
            : [[key, keep(value)]],
      ),
    );
  };
  const operations = Object.fromEntries(
    OPERATIONS.map((operation) => {
      const [method = '', path = ''] = operation.split(' ');
      const { responses } = found(whole.paths[path]?.[method], operation);
      const [, answer] = found(
        Object.entries(responses).find(([status]) => STATUSES.includes(status)),
        `an answer of ${operation}`,
      );
      return [operation, keep(found(answer.content?.['application/json']?.schema, `the schema of ${operation}`))];
    }),
  );
  keep({ $ref: `#/components/schemas/${ERRORS}` });
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)));
  return {
    source: `@octokit/openapi ${whole.info.version}, generated/api.github.com.json (GitHub's OpenAPI description)`,
    licence: 'MIT, Copyright (c) 2020 Octokit contributors; see README.md',
    operations,
    schemas: sorted,
  };
}

/** @param {string} reference */
const schemaName = (reference) => reference.replace('#/components/schemas/', '');

/** @template T @param {T | undefined} value @param {string} what @returns {T} */
function found(value, what) {
  if (value === undefined) throw new Error(`The description lacks ${what}`);
  return value;
}

/** The operations and schemas that differ. @param {Slice} kept @param {Slice} now */
function differences(kept, now) {
  return /** @type {const} */ (['operations', 'schemas']).flatMap((part) =>
    [...new Set([...Object.keys(kept[part]), ...Object.keys(now[part])])].filter(
      (name) => JSON.stringify(kept[part][name]) !== JSON.stringify(now[part][name]),
    ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const check = process.argv.includes('--check');
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
  if (file === undefined) throw new Error('Which file? See the head of this script');
  const slice = sliceOf(JSON.parse(readFileSync(file, 'utf8')));
  if (check) {
    const changed = differences(JSON.parse(readFileSync(SLICE, 'utf8')), slice);
    for (const name of changed) process.stdout.write(`changed: ${name}\n`);
    process.exitCode = changed.length === 0 ? 0 : 1;
  } else {
    writeFileSync(SLICE, `${JSON.stringify(slice, undefined, 1)}\n`);
  }
}
