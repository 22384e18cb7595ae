import {
  isJsonObject,
  type JsonObject,
  type JsonSchema,
  type ReadRequest,
  type ReplicationMethod,
  type Row,
} from '../../../singer/tap/index.ts';
import { assetsOf, readDownloads } from '../releases/downloads.ts';
import { fingerprint, hashOf } from '../releases/fingerprint.ts';
import { type ListRule, readList } from '../releases/list.ts';
import { properties } from '../schemas/schemas.ts';
import type { Identity } from '../repositories/repositories.ts';
import { readAscending } from './ascending.ts';
import { readCommits } from './commits.ts';
import { readDescending } from './descending.ts';
import { type Piece, parentColumns, type Reading, type World } from './reading.ts';
import { readRepository } from './repository.ts';
import { PULLS, readReviews } from './reviews.ts';
import { idOf, REACTION_NAMES, textOf, withReactions } from './shape.ts';
import { readStargazers, STARS } from './stargazers.ts';

/** The list that a stream is read from. */
export interface ListPlace {
  /** Below the repository: `issues/comments`; empty: the repository itself. */
  readonly path: string;
  /** What makes it the whole list. */
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** The member of the answer that holds the list; undefined: the answer is the list. */
  readonly member?: string;
  /** The list of each item, by its number, that the records are in; it costs a call for each item that changed. */
  readonly child?: string;
}

/** One stream: what its records are, and how those of one repository are read. */
export interface StreamSpec {
  readonly id: string;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly methods: readonly ReplicationMethod[];
  readonly list: ListPlace;
  read(reading: Reading): AsyncIterable<Piece>;
}

const STRING = { type: ['null', 'string'] } as const;
const INTEGER = { type: ['null', 'integer'] } as const;
const TIME = { type: ['null', 'string'], format: 'date-time' } as const;
const PARENT = { org: STRING, repo: STRING, repo_id: INTEGER } as const;
const BOTH: readonly ReplicationMethod[] = ['INCREMENTAL', 'FULL_TABLE'];
const ISSUES = { path: 'issues', query: { state: 'all' } };
const COMMENTS = { path: 'issues/comments', query: {} };
const RUNS = { path: 'actions/runs', member: 'workflow_runs' };
/** A run may change for this long: it can be run again for 30 days, and wait as long. */
const RUN_DAYS = 35;

/** All streams, in the order in which they are read. */
export const streams: readonly StreamSpec[] = [
  {
    id: 'repositories',
    keys: ['id'],
    properties: { ...PARENT, search_name: STRING, search_query: STRING, ...properties.repository },
    methods: BOTH,
    list: { path: '' },
    read: readRepository,
  },
  {
    id: 'releases',
    keys: ['id'],
    properties: { ...PARENT, ...properties.release, reactions: renamed(properties.release.reactions), _sdc_deleted_at: TIME },
    methods: BOTH,
    list: { path: 'releases' },
    read: (reading) =>
      readList(reading, {
        ...releaseRule(reading),
        ...byId('releases', withReactions),
        time: releaseTime,
        deleted: { path: (id) => `releases/${id}`, row: keysOf },
      }),
  },
  {
    id: 'release_assets',
    keys: ['id'],
    properties: { ...PARENT, release_id: INTEGER, tag_name: STRING, ...properties.releaseAsset, _sdc_deleted_at: TIME },
    methods: BOTH,
    list: { path: 'releases' },
    read: (reading) =>
      readList(reading, {
        ...releaseRule(reading),
        records: (release, identity) =>
          assetsOf(release).map((asset) => ({
            id: idOf('release_assets', asset),
            row: { ...asset, release_id: release['id'], tag_name: release['tag_name'], ...parentColumns(identity) },
          })),
        time: (row) => latest(row, ['created_at', 'updated_at']),
        deleted: { path: (id) => `releases/assets/${id}`, row: keysOf },
        fingerprint: fingerprint(reading.request.schema, { ignored: ['download_count'] }),
      }),
  },
  {
    id: 'release_asset_downloads',
    keys: ['asset_id', 'date'],
    properties: {
      ...PARENT,
      date: { type: ['null', 'string'], format: 'date' },
      asset_id: INTEGER,
      release_id: INTEGER,
      tag_name: STRING,
      name: STRING,
      download_count: INTEGER,
    },
    methods: ['INCREMENTAL'],
    list: { path: 'releases' },
    read: readDownloads,
  },
  {
    id: 'tags',
    keys: ['repo', 'org', 'name'],
    properties: { ...PARENT, ...properties.tag },
    methods: BOTH,
    list: { path: 'tags' },
    read: (reading) =>
      readList(reading, {
        path: 'tags',
        // Tags have no number; the first 48 bits of a hash of the name stand for one.
        records: (item, identity) => [
          { id: String(Number.parseInt(hashOf(textOf('tags', item, 'name')), 16)), row: { ...item, ...parentColumns(identity) } },
        ],
        fingerprint: fingerprint(reading.request.schema),
        reconcileHours: reading.world.releases.reconcileHours,
      }),
  },
  {
    id: 'issues',
    keys: ['id'],
    // What the API calls `type` is `issue_type` here: MeltanoLabs' column `type` says whether it is a pull request.
    properties: {
      ...PARENT,
      ...properties.issue,
      type: STRING,
      issue_type: properties.issue.type,
      reactions: renamed(properties.issue.reactions),
    },
    methods: BOTH,
    list: ISSUES,
    read: (reading) =>
      readAscending(reading, {
        ...ISSUES,
        row: (item, identity) => ({
          ...withReactions(item),
          type: isJsonObject(item['pull_request']) ? 'pull_request' : 'issue',
          issue_type: item['type'],
          ...parentColumns(identity),
        }),
      }),
  },
  {
    id: 'issue_comments',
    keys: ['id'],
    properties: {
      ...PARENT,
      issue_number: INTEGER,
      ...properties.issueComment,
      reactions: renamed(properties.issueComment.reactions),
    },
    methods: BOTH,
    list: COMMENTS,
    read: (reading) =>
      readAscending(reading, {
        ...COMMENTS,
        row: (item, identity) => ({
          ...withReactions(item),
          issue_number: numberAtEnd(item['issue_url']),
          ...parentColumns(identity),
        }),
      }),
  },
  {
    id: 'pull_requests',
    keys: ['id'],
    properties: { ...PARENT, ...properties.pullRequest },
    methods: BOTH,
    list: PULLS,
    read: (reading) =>
      readDescending(reading, {
        ...PULLS,
        costly: false,
        records: (item, identity) => [{ ...item, ...parentColumns(identity) }],
      }),
  },
  {
    id: 'reviews',
    keys: ['id'],
    properties: { ...PARENT, pull_id: INTEGER, pull_number: INTEGER, ...properties.review },
    methods: BOTH,
    list: { ...PULLS, child: 'reviews' },
    read: readReviews,
  },
  {
    id: 'commits',
    keys: ['node_id'],
    properties: { ...PARENT, commit_timestamp: TIME, ...properties.commit },
    methods: BOTH,
    list: { path: 'commits' },
    read: readCommits,
  },
  {
    id: 'workflow_runs',
    keys: ['id'],
    properties: { ...PARENT, ...properties.workflowRun },
    methods: BOTH,
    list: RUNS,
    read: (reading) =>
      readList(reading, {
        ...RUNS,
        ...byId('workflow_runs'),
        time: (row) => latest(row, ['created_at']),
        days: RUN_DAYS,
        fingerprint: fingerprint(reading.request.schema),
        reconcileHours: reading.world.releases.reconcileHours,
      }),
  },
  {
    id: 'stargazers',
    keys: ['user_id', 'repo_id'],
    properties: { ...PARENT, user_id: INTEGER, ...properties.stargazer },
    methods: BOTH,
    list: { path: 'stargazers', accept: STARS },
    read: readStargazers,
  },
];

/** The schema of a stream. Keys are never null. */
export function schemaOf({ keys, properties }: StreamSpec): JsonSchema {
  const entries = Object.entries(properties).map(([name, property]) => [
    name,
    keys.includes(name) ? required(property) : property,
  ]);
  return { type: 'object', properties: Object.fromEntries(entries) };
}

function required(property: JsonSchema): JsonSchema {
  const { type } = property;
  return { ...property, type: Array.isArray(type) ? type.find((one) => one !== 'null') : type };
}

function releaseRule({
  request,
  world,
}: {
  readonly request: ReadRequest;
  readonly world: World;
}): Pick<ListRule, 'path' | 'fingerprint' | 'reconcileHours'> {
  const { ignored, counted, reconcileHours } = world.releases;
  return { path: 'releases', fingerprint: fingerprint(request.schema, { ignored, counted }), reconcileHours };
}

function byId(stream: string, row: (item: JsonObject) => Row = (item) => ({ ...item })): Pick<ListRule, 'records'> {
  return {
    records: (item, identity) => [{ id: idOf(stream, item), row: { ...row(item), ...parentColumns(identity) } }],
  };
}

/** The keys of a record that is gone. */
function keysOf(id: string, identity: Identity): Row {
  return { id: Number(id), ...parentColumns(identity) };
}

/** A release is as new as its newest date: `created_at` is that of the tagged commit. */
function releaseTime(row: Row): string | undefined {
  return latest(row, ['created_at', 'published_at', 'updated_at']);
}

function latest(row: Row, names: readonly string[]): string | undefined {
  const times = names.map((name) => row[name]).filter((value) => typeof value === 'string');
  return times.toSorted().at(-1);
}

function renamed(reactions: JsonSchema): JsonSchema {
  const members = reactions['properties'] as Readonly<Record<string, JsonSchema>>;
  return {
    ...reactions,
    properties: Object.fromEntries(Object.entries(members).map(([name, schema]) => [REACTION_NAMES[name] ?? name, schema])),
  };
}

function numberAtEnd(url: unknown): number | undefined {
  const [, digits] = (typeof url === 'string' ? /\/(\d+)$/.exec(url) : undefined) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
