// @ts-check
// What an example gives, and what it gets. Only types: an example's `example.mjs` exports `example`, a value of this shape.

/** @typedef {'meltano' | 'dbt' | 'dagster' | 'python'} Tool `python`: one with matplotlib and psycopg2 */

/**
 * @typedef {object} Example
 * @property {string} name of its folder
 * @property {string} title one line: what comes in, what goes out
 * @property {readonly Tool[]} tools programs that its commands need
 * @property {readonly string[]} backends names of backends.mjs; each is started once and handed over as `work.backends[name]`
 * @property {number} rows how many rows the source has unless `--rows` says otherwise
 * @property {(work: Work) => Promise<void>} prepare makes databases and data, and says by `work.env` what the commands need to know
 * @property {readonly Leg[]} legs run in this order
 * @property {readonly string[]} [packages] folders within it with a package.json of their own, whose packages the commands of its README need
 * @property {string} [killed] the leg that is killed in its middle; the first unless set
 * @property {(work: Work) => Record<string, string>} [killedWith] environment of the run that is killed: small batches, so that some rows arrive before others
 * @property {boolean} [apart] no leg needs another one: where plugins run alone, and where one is killed, only the legs that it is about are run
 * @property {(work: Work) => Promise<number>} [loaded] rows of the leg that is killed which have arrived so far, also while it runs; 0 before
 *   there is a table. Some must have when it is killed. None where all come at once, at the end
 * @property {(work: Work) => Promise<Counts>} measure
 * @property {(work: Work, legs?: readonly string[]) => Promise<string>} fingerprint the outcome in a few characters: equal for equal outcomes in any folder, database
 *   and run. Of these legs only, where they are apart
 * @property {(work: Work) => Promise<string[]>} verify what is wrong with the outcome, by a computation that knows nothing of the plugins
 * @property {(work: Work) => string[]} [look] lines that tell somebody who kept the servers where to look
 */

/**
 * A part of the pipeline.
 * @typedef {object} Leg
 * @property {string} name
 * @property {readonly string[]} command run in the project's folder; `['meltano', 'run', JOB]`, or any other program in the path
 * @property {Record<string, string>} [env] for this command only
 * @property {boolean} [whole] run as it stands also where the plugins run alone: it does more than Meltano does
 * @property {(work: Work) => Promise<void>} [before] what the world does before this leg (a day's files come in); not done when all is run again
 */

/**
 * @typedef {object} Counts
 * @property {number} in rows of the source
 * @property {number} loaded rows that arrived
 * @property {number} quarantined rows that were put aside
 * @property {number} erased rows that were erased
 */

/**
 * One run's own copy of the example, in a folder of its own and with databases of its own.
 * @typedef {object} Work
 * @property {string} folder the copy: commands run here
 * @property {string} id tells the runs of one example apart, in names that are shared; letters and digits
 * @property {number} rows that the source should have
 * @property {number} seed of the data
 * @property {Record<string, string>} env for all commands; `prepare` adds to it
 * @property {Record<string, any>} backends what the starts of backends.mjs gave
 * @property {(name: string) => Promise<string>} database URL of this run's database of that name; made, empty, at the first call
 * @property {(sql: string, database?: string) => Promise<any[]>} query rows of a query; of the database `warehouse` unless said otherwise
 * @property {(command: readonly string[], env?: Record<string, string>) => Promise<string>} run a command in the folder; gives what it printed
 * @throws {Error} of `run`: with the end of the output, all of which is its cause, when the exit code is not 0
 */

export {};
