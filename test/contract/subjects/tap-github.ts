import type { Source, SourceWish, Subject } from '../../../check/index.ts';
import plugin from '../../../taps/github/index.ts';
import { made, manyReleases, startGitHub, type GitHub, type Release, type Repository } from '../../support/github/parts.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

const TOKEN = 'ghp_token_of_the_contract_tests_01234567';
/** Characters of a long body: an answer of a hundred such releases is half as long again as one of the recorded ones. */
const LONG_BODY = 25_000;
/** Lists of a repository from which records are made, the repository itself counted as one. */
const STREAMS = 12;

/** tap-github, each source a fake GitHub of its own. */
export function tapGithub(): Subject {
  return {
    kind: 'tap',
    name: 'tap-github',
    command: [executable('tap-github')],
    config: {},
    env: { GITHUB_TOKEN: '', GITHUB_APP_PRIVATE_KEY: '' },
    secret: { setting: 'auth_token', value: TOKEN },
    badConfigExit: 2,
    needs: ['repositories', 'organizations', 'searches', 'user_usernames', 'user_ids'],
    badConfigs: [
      { config: { repositories: 12 }, mentions: ['repositories'] },
      { config: { repositories: ['octo'], rate_limit_buffer: 'much' }, mentions: ['repositories[0]', 'rate_limit_buffer'] },
      { config: { api_url_base: 'ftp://x', start_date: 'soon' }, mentions: ['api_url_base', 'start_date'] },
    ],
    ways: waysOf(plugin),
    makeSource,
  };
}

async function makeSource(wish: SourceWish, amount: number): Promise<Source | undefined> {
  const build = BUILDERS[wish];
  if (build === undefined) return undefined;
  const github = await startGitHub();
  github.world.token(TOKEN);
  const source = build(github, amount);
  const repositories = github.world.repositories.map(({ owner, name }) => `${owner}/${name}`);
  return {
    ...source,
    config: { api_url_base: github.url, auth_token: TOKEN, additional_auth_tokens: [], repositories, ...source.config },
    async drop() {
      await github.close();
      if (github.dishonest.length > 0)
        throw new Error(`The fake GitHub said what GitHub could not: ${github.dishonest.join('; ')}`);
    },
  };
}

type Builder = (github: GitHub, amount: number) => Source;

const BUILDERS: Partial<Record<SourceWish, Builder>> = {
  small: ({ world }) => {
    world.add({ name: 'one', releases: manyReleases(3, bare) });
    return { config: {}, records: 4 };
  },
  growing: ({ world }) => {
    const repository = world.add({ name: 'one', releases: manyReleases(3, bare) });
    return {
      config: {},
      records: 4,
      grow: async () => {
        const [model] = repository.releases;
        repository.releases.unshift({ ...model!, id: 7, tag_name: 'v7' }, { ...model!, id: 8, tag_name: 'v8' });
        return 2;
      },
    };
  },
  streams: (github) => {
    for (const number of [1, 2, 3]) whole(github, number);
    return { config: {}, records: 3 * STREAMS };
  },
  nested: (github) => {
    whole(github, 1);
    return { config: {}, records: STREAMS };
  },
  keyed: (github) => {
    whole(github, 1);
    return { config: {}, records: STREAMS };
  },
  empty: ({ world }) => {
    world.users.set('nobody', 5);
    return { config: { repositories: [], user_usernames: ['nobody'] }, records: 0 };
  },
  bytes: ({ world }, amount) => {
    const body = 'All work and no play. '.repeat(LONG_BODY / 20).slice(0, LONG_BODY);
    const count = Math.max(300, Math.ceil(amount / LONG_BODY));
    world.add({ name: 'large', releases: manyReleases(count, () => ({ ...bare(), body })) });
    return { config: {}, records: count + 1 };
  },
  'odd-text': ({ world }) => {
    const texts = [
      '😀 Ω 中文',
      'a\u2028b\u2029c\u0085d',
      'NUL \0 here',
      'lone \ud83d surrogate',
      '"quoted"\r\n\\tab\t',
      '\u0001\u001f\u007f',
    ];
    world.add({ name: 'odd', releases: manyReleases(texts.length, (at) => ({ ...bare(), body: texts[at] })) });
    return { config: {}, records: texts.length + 1 };
  },
  failing: (github) => {
    github.world.add({ name: 'broken', releases: manyReleases(150, bare) });
    github.fault(/\/releases\?.*page=2/, '500', { times: Infinity });
    return { config: { backoff_max_tries: 1 } };
  },
};

function bare(): Partial<Release> {
  return { assets: [] };
}

/** A repository with one record in each list. */
function whole({ world }: GitHub, number: number): Repository {
  const [release] = manyReleases(1);
  const asset = { ...release!.assets[0]!, id: 500 + number };
  const user = made('simple-user', number);
  return world.add({
    name: `repo-${number}`,
    releases: [{ ...release!, id: 100 + number, tag_name: `v${number}`, assets: [asset] }],
    tags: [made('tag', number)],
    issues: [made('issue', number, { state: 'open' })],
    issueComments: [made('issue-comment', number, { issue_url: `https://github.example/issues/${number}` })],
    pulls: [made('pull-request-simple', number, { number, state: 'open' })],
    reviews: new Map([[number, [made('pull-request-review', number)]]]),
    commits: [made('commit', number)],
    runs: [made('workflow-run', number)],
    stargazers: [{ starred_at: '2026-01-01T00:00:00Z', user }],
  });
}
