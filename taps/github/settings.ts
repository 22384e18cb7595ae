import type { Config, Settings } from '../../singer/tap/index.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

/** Which repositories are read. */
const repositorySettings = {
  repositories: {
    type: 'array',
    items: text('owner/name, owner/*, owner/prefix-* or !owner/name.'),
    description:
      'Repositories to read. * stands for any characters of the name: octo/* is every repository of octo that the token can see. One with ! in front is left out, wherever it comes from. All ways to name repositories may be mixed; each repository is read once.',
    examples: [['octocat/hello-world', 'octo-org/*', '!octo-org/attic-*']],
  },
  repository: {
    type: 'string',
    description: "Repositories with spaces between them, as singer-io's tap-github takes them; read with those of repositories.",
    examples: ['octocat/hello-world octo-org/*'],
  },
  repositories_file: {
    type: 'string',
    description: 'A file of such names, one a line; empty lines and lines that begin with # say nothing.',
    examples: ['repositories.txt'],
  },
  organizations: {
    type: 'array',
    items: text('Name of an organization.'),
    description:
      'All repositories of these organizations that the token can see. Costs one call for each hundred of them in every run.',
    examples: [['octo-org']],
  },
  searches: {
    type: 'array',
    items: {
      type: 'object',
      description: 'One search.',
      properties: {
        name: text('Name of the search, for messages.'),
        query: { ...text('What to search for, in the language of the search for repositories.'), required: true },
      },
    },
    description: 'Repositories that these searches find; GitHub gives the first 1,000 of each.',
    examples: [[{ name: 'taps', query: 'topic:singer-tap language:python' }]],
  },
  user_usernames: {
    type: 'array',
    items: text('Login of a user.'),
    description: 'All public repositories of these users.',
    examples: [['octocat']],
  },
  user_ids: {
    type: 'array',
    items: { type: ['integer', 'string'], description: 'Number of a user.' },
    description: 'All public repositories of the users with these numbers, which stay when a user takes another name.',
    examples: [[583231]],
  },
  repository_filter: {
    type: 'object',
    strict: true,
    description:
      'Leaves out repositories found by a pattern, an organization, a user or a search. One that is named in full is always read.',
    properties: {
      visibility: {
        type: 'array',
        items: { type: 'string', options: ['public', 'private', 'internal'], description: 'A visibility.' },
        description: 'Only those with one of these visibilities.',
      },
      archived: { type: 'boolean', description: 'true: only archived ones; false: none of them.' },
      fork: { type: 'boolean', description: 'true: only forks; false: none of them.' },
      topics: { type: 'array', items: text('A topic.'), description: 'Only those with one of these topics.' },
    },
    examples: [{ archived: false, fork: false }],
  },
} as const satisfies Settings;

/** Who asks, and how much. */
const accessSettings = {
  auth_token: {
    type: 'string',
    secret: true,
    aliases: ['access_token'],
    description:
      'Token to ask with: classic, fine-grained or of an installation. Without any token or app GitHub allows 60 requests an hour.',
  },
  additional_auth_tokens: {
    type: 'array',
    secret: true,
    items: { type: 'string', secret: true, description: 'A token.' },
    description:
      'More tokens, to have more quota. Unset: the environment variables that begin with GITHUB_TOKEN. A repository is asked for with the same token in every run, as long as that has calls left: only then the server recognizes what has not changed.',
  },
  auth_app_keys: {
    type: 'array',
    secret: true,
    items: { type: 'string', secret: true, description: 'app id;;private key[;;installation id]' },
    description:
      'GitHub Apps to ask with: id, private key in PEM (line breaks may be written \\n) and perhaps the id of an installation, with ;; between them. Without the latter the installation of each owner is looked up; where there is none, and no token either, what is public is read by another installation of the app. Unset: the environment variable GITHUB_APP_PRIVATE_KEY.',
  },
  org_auth_app_keys: {
    type: 'object',
    secret: true,
    members: {
      type: 'array',
      items: { type: 'string', secret: true, description: 'app id;;private key[;;installation id]' },
      description: 'Apps for this owner.',
    },
    description: 'Apps for single owners, in the same form; for these they take the place of auth_app_keys.',
    examples: [{ 'octo-org': ['123456;;-----BEGIN RSA PRIVATE KEY-----\\n…'] }],
  },
  api_url_base: {
    type: 'string',
    default: 'https://api.github.com',
    aliases: ['base_url'],
    description:
      'Address of the API; for GitHub Enterprise Server https://HOST/api/v3. Everything goes there: requests, tokens of apps, the look at tokens. No other host ever sees a request, whatever links an answer holds.',
  },
  invalid_token: {
    type: 'string',
    options: ['fail', 'warn'],
    default: 'fail',
    description:
      'A token that the server does not accept ends the run before anything is read, or is left out with a warning while others are left. Each token is looked at once in a run (one that is refused, twice), by a request that costs no quota.',
  },
  expiry_time_buffer: {
    type: 'integer',
    default: 10,
    minimum: 0,
    maximum: 50,
    description: 'Minutes before the end of an app’s token at which a new one is taken.',
  },
  rate_limit_buffer: {
    // The first is the kind in meltano.yml, where an integer could not be a percentage.
    type: ['string', 'integer'],
    default: 1000,
    description:
      'Calls of each token that are left for others, as a number or a percentage of its quota such as "20%"; a fifth of the quota at most. When a token has no more than these, another one is used, and when none has, the run waits for a new quota.',
    examples: [0, '10%'],
  },
  max_wait_seconds: {
    type: 'integer',
    default: 3600,
    minimum: 0,
    description:
      'The longest that one request may wait for quota or for a limit to pass. Where GitHub asks for more, the run stops with the state of all that was read, exit code 1 and the code rate-limited.',
  },
  quota_budget: {
    type: ['string', 'integer'],
    description:
      'Calls that one run may use of the quota, as a number or a percentage of the quotas of all tokens. When they are used the run stops as for max_wait_seconds, with the code quota-budget. Answers that nothing has changed cost nothing.',
    examples: [2000, '30%'],
  },
  max_parallel_requests: {
    type: 'integer',
    default: 4,
    minimum: 1,
    maximum: 50,
    description:
      'Repositories that are asked about at once; what comes out is in order all the same. Each takes memory for two pages of its answers. GitHub answers too many at once with a secondary limit; fewer run at once from then on.',
  },
  backoff_max_tries: {
    type: 'integer',
    default: 5,
    minimum: 1,
    maximum: 50,
    description:
      'Times that a request is made in all when no answer comes, or one that is cut, or a status from 500; the pauses between them double from a second to a minute.',
  },
  request_timeout: {
    type: 'number',
    default: 300,
    minimum: 1,
    description: 'Seconds that one answer may take from the request to its last byte.',
  },
  user_agent: {
    type: 'string',
    default: 'tap-github',
    description: 'How requests call themselves. GitHub refuses those that do not.',
  },
} as const satisfies Settings;

/** What is read of them. */
const readingSettings = {
  start_date: {
    type: 'string',
    description:
      'At the first run nothing that is older is read: issues, comments, pull requests and their reviews by their last change, commits by their date, releases by the latest of their dates, workflow runs by their beginning, stars by their time. Tags and repositories bear no such date and come whole.',
    examples: ['2024-01-01T00:00:00Z'],
  },
  start_dates: {
    type: 'object',
    namesData: true,
    members: text('A date or time.'),
    description: 'Other start dates for single streams.',
    examples: [{ commits: '2025-01-01' }],
  },
  releases: {
    type: 'object',
    strict: true,
    description: 'How releases are compared with what was sent before.',
    properties: {
      ignore_fields: {
        type: 'array',
        items: text('A field.'),
        default: ['assets.download_count', 'reactions'],
        description:
          'Fields whose change alone does not send a release anew: download counts move all the time and have a stream of their own, release_asset_downloads. They are sent as they are when something else has changed.',
      },
      change_fields: {
        type: 'array',
        items: text('A field.'),
        description: 'If set: only these fields count for a change.',
        examples: [['tag_name', 'body', 'draft', 'prerelease', 'assets.digest']],
      },
      reconcile_every: {
        type: 'number',
        default: 24,
        minimum: 0,
        description:
          'Hours after which all pages of a repository’s releases are looked through, to find old releases that were changed or deleted; in between a look ends at the first page of 100 that is as it was. Pages that have not changed cost no quota. 0: every time.',
      },
    },
  },
  strict: {
    type: 'boolean',
    default: false,
    description:
      'A repository that cannot be read for a stream (no permission, not found, moved away, empty, switched off, blocked), or not to the end of its list, ends the run with exit code 1. Otherwise that is left out, and one summary at the end says what and why.',
  },
  skip_parent_streams: {
    type: 'boolean',
    ignored: 'the repository itself is asked for only when its number is not known yet or something of it has changed',
    description: 'Taken for configs of MeltanoLabs’ tap.',
  },
  stream_options: {
    type: 'object',
    ignored: 'it is about streams that are not here, milestones and project_items',
    description: 'Taken for configs of MeltanoLabs’ tap.',
  },
  metrics_log_level: {
    type: 'string',
    ignored: 'LOGLEVEL and Meltano’s log level say what is logged',
    description: 'Taken for configs of MeltanoLabs’ tap.',
  },
} as const satisfies Settings;

/** The settings of tap-github. Names that MeltanoLabs' tap-github has mean the same. */
export const settings = { ...repositorySettings, ...accessSettings, ...readingSettings } as const satisfies Settings;

export type GithubConfig = Config<typeof settings>;
