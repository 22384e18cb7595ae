// @ts-check
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { command, root } from '../command.mjs';
import { startPostgres } from '../postgres.mjs';
import { installPeer, PEERS } from './packages.mjs';
import { TABLE } from './record.mjs';

const SECONDS = 60;

/**
 * One statement as `tapline --format json` gives it.
 * @typedef {{ number: number, marks: string[], text: string, status: 'holds' | 'fails' | 'skipped' | 'not applicable', reason?: string }} Finding
 *
 * What `tapline` says of one plugin.
 * @typedef {object} Result
 * @property {string} title with its version
 * @property {'tap' | 'target'} kind
 * @property {string} asked the command line, without what is only true here
 * @property {readonly Finding[]} statements
 * @property {string | undefined} note
 *
 * A plugin and how it is put to the checks.
 * @typedef {object} Candidate
 * @property {string} title
 * @property {'tap' | 'target'} kind
 * @property {(at: Place) => Promise<readonly string[]>} command
 * @property {(at: Place) => object} config
 * @property {(at: Place) => readonly string[]} [options]
 * @property {string} [note] what the reader should know
 *
 * Where the plugins read and write.
 * @typedef {{ folder: string, url: URL }} Place
 */

/** @param {string} name */
const ours = (name) => async () => [join(root, 'bin', name)];

/** @param {import('./packages.mjs').PeerName} peer @param {string} program */
const peer = (peer, program) => async () => [(await installPeer(peer))(program)];

/** @param {Place} at @param {string} database name of the setting */
const login = ({ url }, database) => ({
  host: url.hostname,
  port: Number(url.port),
  user: url.username,
  password: 'none-needed',
  [database]: url.pathname.slice(1),
});

/** @param {Place} at */
const readTable = ({ url }) => [
  '--read',
  `"${process.execPath}" "${join(root, 'test/support/read-table.mjs')}" "${url}" "$RUN" "$STREAM"`,
];

/** @param {Place} at */
const readFolder = ({ folder }) => [
  '--before',
  `mkdir -p "${folder}/$RUN"`,
  '--read',
  `cat "${folder}/$RUN/$STREAM.jsonl" || true`,
];

/** @param {keyof typeof PEERS} name */
const versionOf = (name) => PEERS[name].package.replace('==', ' ');

/** @type {readonly Candidate[]} */
const CANDIDATES = [
  {
    title: 'tap-csv (tapline)',
    kind: 'tap',
    command: ours('tap-csv'),
    config: ({ folder }) => ({ files: [{ entity: 'people', path: join(folder, 'people.csv'), keys: ['id'] }] }),
  },
  {
    title: versionOf('meltanolabs-tap-postgres'),
    kind: 'tap',
    command: peer('meltanolabs-tap-postgres', 'tap-postgres'),
    config: (at) => ({ ...login(at, 'database'), filter_schemas: ['shop'] }),
  },
  {
    title: versionOf('pipelinewise-tap-postgres'),
    kind: 'tap',
    command: peer('pipelinewise-tap-postgres', 'tap-postgres'),
    config: (at) => ({
      ...login(at, 'dbname'),
      filter_schemas: 'shop',
      tap_id: 'shop',
      default_replication_method: 'FULL_TABLE',
    }),
    options: () => ['--name', 'tap-postgres', '--secret', 'password', '--bad', '{"port": "many"}'],
    note: 'In its messages a stream has the name that the catalog calls `tap_stream_id`, not the one called `stream`: 45 to 59 fail for that alone.',
  },
  {
    title: 'target-jsonl (tapline)',
    kind: 'target',
    command: ours('target-jsonl'),
    config: ({ folder }) => ({ destination_path: join(folder, '{run}') }),
    options: readFolder,
  },
  {
    title: versionOf('target-jsonl'),
    kind: 'target',
    command: peer('target-jsonl', 'target-jsonl'),
    config: ({ folder }) => ({ destination_path: join(folder, '{run}'), do_timestamp_file: false }),
    options: readFolder,
  },
  {
    title: 'target-postgres (tapline)',
    kind: 'target',
    command: ours('target-postgres'),
    config: (at) => ({ ...login(at, 'database'), default_target_schema: '{run}' }),
    options: (at) => [...readTable(at), '--secret', 'password'],
  },
  {
    title: versionOf('meltanolabs-target-postgres'),
    kind: 'target',
    command: peer('meltanolabs-target-postgres', 'target-postgres'),
    config: (at) => ({ ...login(at, 'database'), default_target_schema: '{run}' }),
    options: (at) => [...readTable(at), '--secret', 'password'],
  },
  {
    title: versionOf('pipelinewise-target-postgres'),
    kind: 'target',
    command: peer('pipelinewise-target-postgres', 'target-postgres'),
    config: (at) => ({ ...login(at, 'dbname'), default_target_schema: '{run}', primary_key_required: false }),
    options: (at) => [
      ...readTable(at),
      ...['--name', 'target-postgres', '--secret', 'password', '--bad', '{"port": "many"}'],
      ...['--set', 'upsert={}', '--set', 'metadata={"add_metadata_columns": true}'],
      ...[
        '--set',
        'small-batches={"batch_size_rows": 1, "flush_all_streams": true}',
        '--set',
        'flatten={"data_flattening_max_level": 2}',
      ],
    ],
  },
];

/**
 * Puts our plugins and those of other makers to the statements.
 * @param {(line: string) => void} say
 * @param {(candidate: Candidate) => boolean} [wanted]
 * @returns {Promise<readonly Result[]>}
 */
export async function checkPeers(say, wanted = () => true) {
  const folder = await mkdtemp(join(tmpdir(), 'tapline-peers-'));
  const server = await startPostgres({ fsync: false });
  try {
    const place = { folder, url: new URL(await server.createDatabase('peers')) };
    const client = new Client({ connectionString: place.url.href });
    await client.connect();
    await client.query(TABLE);
    await client.end();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'people.csv'), 'id,name,city\n1,Ada,London\n2,"Grace, Dr.",New York\n3,Ægir 😀,\n');
    /** @type {Result[]} */
    const results = [];
    for (const candidate of CANDIDATES.filter(wanted)) {
      const began = Date.now();
      const result = await check(candidate, place);
      results.push(result);
      const fails = result.statements.filter(({ status }) => status === 'fails').length;
      say(
        `${result.title}: ${fails} of ${result.statements.length} statements fail (${Math.round((Date.now() - began) / 1000)} s)`,
      );
    }
    return results;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Candidate} candidate @param {Place} place @returns {Promise<Result>} */
async function check({ title, kind, command: program, config, options, note }, place) {
  const file = join(place.folder, `${title.replaceAll(/\W/g, '-')}.json`);
  await writeFile(file, JSON.stringify(config(place)));
  const words = [...(options?.(place) ?? []), '--', ...(await program(place)), '--config', file];
  const { output } = await command(join(root, 'bin', 'tapline'), [
    `check-${kind}`,
    '--timeout',
    String(SECONDS),
    '--format',
    'json',
    ...words,
  ]);
  const start = output.indexOf('{');
  if (start < 0) throw new Error(`${title}: ${output}`);
  const { statements } = JSON.parse(output.slice(start));
  const local = [
    [place.folder, '/data'],
    [place.url.href, 'postgresql://…'],
    [place.url.port, '5432'],
    [`"${process.execPath}"`, 'node'],
    [`${root}/`, ''],
  ];
  /** @param {string} text */
  const plain = (text) =>
    local.reduce((sum, [from = '', to = '']) => sum.replaceAll(from, to), text).replaceAll(/\/tmp\/check-\w+/g, '/tmp/check');
  const asked = words.map((word) => (/^[\w./=-]+$/.test(word) ? plain(word) : `'${plain(word)}'`)).join(' ');
  return {
    title,
    kind,
    note,
    asked: `tapline check-${kind} ${asked.replaceAll(/\.cache\/peer-[^/]+\/bin\//g, '')}`,
    statements: statements.map((/** @type {Finding} */ one) =>
      one.reason === undefined ? one : { ...one, reason: plain(one.reason) },
    ),
  };
}

export const PEERS_FILE = relative(root, join(root, 'docs', 'peers.md'));
