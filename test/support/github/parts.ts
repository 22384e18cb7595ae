/** The fake GitHub without what needs a running test. */
export { startGitHub, type Call, type GitHub, type GitHubOptions } from './server.ts';
export { manyReleases, made, recordedReleases, type Asset, type Item, type Release } from './records.ts';
export type { App, Collection, Credential, Repository } from './world.ts';
export { FAULTS, type Fault } from './faults.ts';
