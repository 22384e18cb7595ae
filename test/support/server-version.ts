import process from 'node:process';

/** The version of the run's server, as far as it is chosen by `POSTGRES_VERSION`; the newest otherwise. */
export const SERVER_VERSION = Number(process.env['POSTGRES_VERSION'] || 18);
