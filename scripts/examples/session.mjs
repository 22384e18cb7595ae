// @ts-check
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../command.mjs';
import { BACKENDS } from './backends.mjs';
import { runExample } from './course.mjs';
import { TOOLS } from './tools.mjs';
import { endGroup, makeWork } from './work.mjs';

/** @typedef {import('./backends.mjs').Backend & Record<string, any>} Backend */
/** @typedef {import('./work.mjs').OwnWork} OwnWork */

/**
 * Servers and a folder that examples share, and what runs them there.
 * @typedef {object} Session
 * @property {(name: string, rows?: number) => Promise<import('./course.mjs').Result>} run one example, from the first to the last step
 * @property {(name: string, rows?: number) => Promise<{ work: OwnWork, example: import('./example.mjs').Example }>} open its copy, and nothing more
 * @property {() => { look: string[], end: string[] }} kept where to look, and how to end what stays up
 * @property {() => void} interrupt ends the commands that are running
 * @property {() => Promise<void>} close stops the servers and removes the folder
 */

/**
 * @param {object} options
 * @param {(line: string) => void} options.say
 * @param {number} [options.seed] of the data; 1 unless set
 * @param {boolean} [options.keep] let the servers outlive this process
 * @param {Record<string, Backend>} [options.given] servers that are up already, and stay so
 * @returns {Promise<Session>}
 */
export async function openSession({ say, seed = 1, keep = false, given = {} }) {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'tapline examples-')));
  /** @type {Set<number>} */
  const groups = new Set();
  /** @type {Map<string, Backend>} */
  const started = new Map();
  /** @type {{ work: OwnWork, example: import('./example.mjs').Example }[]} */
  const firsts = [];

  const prepared = async (/** @type {string} */ name, /** @type {number | undefined} */ rows) => {
    /** @type {{ example: import('./example.mjs').Example }} */
    const { example } = await import(`../../examples/${name}/example.mjs`);
    /** @type {Record<string, string>} */
    const tools = {};
    for (const tool of example.tools) tools[tool] = await TOOLS[tool]();
    for (const backend of example.backends) {
      if (given[backend] !== undefined || started.has(backend)) continue;
      const begin = BACKENDS[backend];
      if (begin === undefined) throw new Error(`${name} asks for ${backend}, which nobody can start`);
      started.set(backend, await begin({ keep }));
    }
    const backends = { ...Object.fromEntries(started), ...given };
    const make = (/** @type {string} */ run) =>
      makeWork({
        name,
        id: run + randomBytes(3).toString('hex'),
        parent,
        tools,
        backends,
        rows: rows ?? example.rows,
        seed,
        groups,
      });
    return { example, make };
  };

  return {
    async run(name, rows) {
      const { example, make } = await prepared(name, rows);
      say(`\n${name}: ${example.title}`);
      return runExample(
        example,
        async (id) => {
          const work = await make(id);
          if (id === 'a') firsts.push({ work, example });
          return work;
        },
        say,
      );
    },
    async open(name, rows) {
      const { example, make } = await prepared(name, rows);
      return { work: await make('x'), example };
    },
    kept: () => ({
      look: firsts.flatMap(({ work, example }) => [...lookAt(work), ...(example.look?.(work) ?? [])]),
      end: [...Array.from(started.values(), ({ stopping }) => stopping).flat(), `rm -r '${parent}'`],
    }),
    interrupt() {
      for (const group of groups) endGroup(group);
    },
    async close() {
      for (const backend of started.values()) await backend.stop();
      for (const backend of Object.values(given)) await backend.stop();
      await rm(parent, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** @param {OwnWork} work @returns {string[]} */
function lookAt({ folder, base, databases }) {
  return [
    `cd '${folder}'`,
    `export PATH='${join(base, 'bin')}':$PATH`,
    ...Array.from(databases.values(), (url) => `psql ${url}`),
  ];
}

/**
 * The examples that are there, or those of them that are asked for.
 * @param {readonly string[]} asked
 * @throws {Error} naming those that are not there
 */
export async function chosenExamples(asked) {
  const found = await readdir(join(root, 'examples'), { recursive: true });
  const there = found.filter((path) => /^[^/\\]+[/\\]example\.mjs$/.test(path)).map((path) => path.split(/[/\\]/)[0] ?? '');
  const unknown = asked.filter((name) => !there.includes(name));
  if (unknown.length > 0) throw new Error(`There is no example ${unknown.join(', ')}; there are ${there.toSorted().join(', ')}`);
  return asked.length > 0 ? asked : there.toSorted();
}
