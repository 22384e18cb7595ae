// @ts-check
// Loads the files of dist/bundle, from V8's code cache where the build has left one that fits (docs/decisions/0004-node-versions.md).
const { hash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');

/** Where `npm run build` puts what the executables load. */
const BUNDLE = path.join(__dirname, '..', 'dist', 'bundle');

/** The code cache of a file: of this Node, system and processor alone. @param {string} file */
const cacheOf = (file) => `${file}.${process.version}-${process.platform}-${process.arch}`;

/**
 * Compiles the text of a file as Node does it, but for `import()`, which the build has named `importModule`: code out of V8's cache has lost who
 * imports for it. @param {string} file @param {Buffer} text @param {Buffer} [cachedData]
 */
function compile(file, text, cachedData) {
  return new Script(`(function (exports, require, module, __filename, __dirname, importModule) { ${text.toString()}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Of a library, which is found from here as from there. @param {string} id */
const importModule = (id) => import(id);

/** What a file of the bundle exports. @param {string} file */
function load(file) {
  const loaded = require.cache[file];
  if (loaded !== undefined) return loaded.exports;
  const module = new Module(file);
  require.cache[file] = module;
  const folder = path.dirname(file);
  /** @param {string} id */
  const requireFrom = (id) => (id.startsWith('.') ? load(path.resolve(folder, id)) : require(id));
  const text = readFileSync(file);
  const script = compile(file, text, openCache(text, cacheIn(cacheOf(file))));
  script.runInThisContext()(module.exports, requireFrom, module, file, folder, importModule);
  return module.exports;
}

/** Undefined where there is none. @param {string} file */
function cacheIn(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // The build was another Node's, for example: V8 compiles the file as ever.
  }
}

/**
 * What V8 keeps for a text, as it lies in a file. V8 itself would look at no more than the text's length, and trusts what is in the cache.
 * @param {Buffer} text @param {Buffer} data
 */
const sealCache = (text, data) => Buffer.concat([seal(text, data), data]);

/** Undefined if the text or the cache is not that of the build any more. @param {Buffer} text @param {Buffer} [sealed] */
function openCache(text, sealed) {
  if (sealed === undefined) return undefined;
  const data = sealed.subarray(SEAL_BYTES);
  return sealed.subarray(0, SEAL_BYTES).equals(seal(text, data)) ? data : undefined;
}

const SEAL_BYTES = 64;

/** @param {Buffer} text @param {Buffer} data */
const seal = (text, data) => Buffer.concat([hash('sha256', text, 'buffer'), hash('sha256', data, 'buffer')]);

module.exports = { BUNDLE, cacheOf, compile, load, openCache, sealCache };
