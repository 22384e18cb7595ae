// @ts-check
/**
 * One case: some work of ours and the limit it is held against, run in turn.
 *
 * @typedef {import('../measure.mjs').Measure} Measure
 *
 * @typedef {object} Result one line of the table
 * @property {string} id
 * @property {string} work
 * @property {string} against the limit's name
 * @property {'times as fast' | 'times as long' | 'MB' | 'seconds' | 'k rows/s'} unit what floor and goal mean: at least for times as fast and rows, for all others at most
 * @property {number} floor
 * @property {number} goal
 * @property {number} [rows] for rows per second
 *
 * @typedef {object} Round what one round measured
 * @property {Measure} [limit]
 * @property {Record<string, Measure>} ours by result id
 *
 * @typedef {object} Case
 * @property {readonly Result[]} results
 * @property {'large' | 'peers'} [only] runs only when asked for
 * @property {number} [rounds] where one is enough
 * @property {(bench: Bench) => Promise<void>} [prepare] makes data; not measured
 * @property {(bench: Bench) => Promise<Round>} round
 *
 * @typedef {object} Bench what the harness gives a case
 * @property {() => Promise<import('../postgres.mjs').BenchPostgres>} postgres started at first use
 * @property {(name: string, config: object) => string} configFile writes a config and gives its path
 * @property {string} folder for output; emptied after the run
 * @property {(reason: string) => never} skip says why the case cannot run here
 */

/** @param {Case} definition */
export const defineCase = (definition) => definition;
