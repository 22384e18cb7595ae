import { notFound, refusal, type Answer } from './answer.ts';
import { compared, leadingTo } from './commits.ts';
import { createToken, installationOf, installations } from './apps.ts';
import { filtered } from './filters.ts';
import { RESOURCES, type Limits, type Resource } from './limits.ts';
import { pageOf } from './paging.ts';
import { made, type Item } from './records.ts';
import type { Collection, Credential, Repository, World } from './world.ts';

/** A request, understood. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  /** The text behind `Bearer` or `token`; undefined without one. */
  readonly token: string | undefined;
  readonly credential: Credential | undefined;
  readonly world: World;
  readonly limits: Limits;
  readonly now: number;
  /** The address of the API, without a slash at its end. */
  readonly base: string;
}

type Route = (question: Question, ...parts: readonly string[]) => Answer;

/** Lists of a repository by their path below it. */
const LISTS: Readonly<Record<string, Collection>> = {
  releases: 'releases',
  tags: 'tags',
  issues: 'issues',
  'issues/comments': 'issueComments',
  pulls: 'pulls',
  commits: 'commits',
  'actions/runs': 'runs',
  stargazers: 'stargazers',
};

/** The fine-grained permission that a list needs. */
const PERMISSIONS: Readonly<Record<Collection, string>> = {
  releases: 'contents=read',
  tags: 'contents=read',
  commits: 'contents=read',
  issues: 'issues=read',
  issueComments: 'issues=read',
  pulls: 'pull_requests=read',
  reviews: 'pull_requests=read',
  runs: 'actions=read',
  stargazers: 'metadata=read',
};

const ROUTES: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  ['GET', /^\/rate_limit$/, rateLimit],
  ['GET', /^\/user$/, user],
  ['GET', /^\/user\/(\d+)$/, (question, id = '') => userWith(question, Number(id))],
  ['GET', /^\/orgs\/([^/]+)$/, (question, name = '') => organization(question, name)],
  ['GET', /^\/repos\/([^/]+)\/([^/]+)\/installation$/, (question, owner = '') => installationOf(question, owner)],
  ['GET', /^\/(?:orgs|users)\/([^/]+)\/installation$/, (question, owner = '') => installationOf(question, owner)],
  ['GET', /^\/app\/installations$/, installations],
  ['POST', /^\/app\/installations\/(\d+)\/access_tokens$/, (question, id = '') => createToken(question, Number(id))],
  ['GET', /^\/repos\/([^/]+)\/([^/]+)(?:\/(.+))?$/, (question, owner, name, rest) => byName(question, `${owner}/${name}`, rest)],
  ['GET', /^\/repositories\/(\d+)(?:\/(.+))?$/, (question, id, rest) => byId(question, Number(id), rest)],
  ['GET', /^\/(orgs|users)\/([^/]+)\/repos$/, (question, kind = '', owner = '') => repositoriesOf(question, kind, owner)],
  ['GET', /^\/search\/repositories$/, search],
];

/** What GitHub would answer to somebody who may ask. */
export function answerTo(question: Question): Answer {
  for (const [method, path, route] of ROUTES) {
    const found = method === question.method ? path.exec(question.path) : null;
    if (found !== null) return route(question, ...found.slice(1));
  }
  return notFound();
}

function rateLimit({ token, credential, limits }: Question): Answer {
  const of = (resource: Resource): Item => {
    const { limit, used, reset } = limits.of(token ?? 'nobody', resource, credential?.limit ?? 60);
    return { limit, used, remaining: limit - used, reset: Math.ceil(reset / 1000) };
  };
  const resources = Object.fromEntries(RESOURCES.map((resource) => [resource, of(resource)]));
  return { status: 200, body: { resources, rate: resources['core'] }, operation: 'get /rate_limit' };
}

function user({ credential, token }: Question): Answer {
  if (credential === undefined) return refusal(401, 'Requires authentication');
  // A token of an app stands for no user.
  if (token?.startsWith('ghs_') === true) return refusal(403, 'Resource not accessible by integration');
  const body = made('public-user', credential.id, {
    login: credential.login,
    id: credential.id,
    type: 'User',
    user_view_type: 'public',
  });
  return { status: 200, body, operation: 'get /user' };
}

/** A user by number. */
function userWith({ world }: Question, id: number): Answer {
  const found = [...world.users].find(([, number]) => number === id)?.[0];
  if (found === undefined) return notFound();
  const body = made('public-user', id, { login: found, id, type: 'User', user_view_type: 'public' });
  return { status: 200, body, operation: 'get /user/{account_id}' };
}

/** Owners that are not among the users are organizations. */
function organization({ world }: Question, name: string): Answer {
  const known = world.repositories.some(({ owner }) => owner.toLowerCase() === name.toLowerCase());
  if (!known || world.users.has(name)) return notFound();
  return { status: 200, body: made('organization-full', 9919, { login: name, id: 9919 }), operation: 'get /orgs/{org}' };
}

function sees(credential: Credential | undefined, repository: Repository): boolean {
  return (
    credential !== undefined &&
    (credential.sees === 'all' || (typeof credential.sees === 'object' && credential.sees.owner === repository.owner))
  );
}

function byName(question: Question, name: string, rest: string | undefined): Answer {
  const asked = name.toLowerCase();
  const same = (other: string): boolean => other.toLowerCase() === asked;
  const found = question.world.repositories.find(({ owner, name: each }) => same(`${owner}/${each}`));
  if (found !== undefined) return ofRepository(question, found, rest);
  const moved = question.world.repositories.find(({ former }) => former.some(same));
  if (moved === undefined) return notFound();
  const location = `${question.base}/repositories/${moved.id}${rest === undefined ? '' : `/${rest}`}`;
  const query = question.query.size === 0 ? '' : `?${question.query.toString()}`;
  return {
    status: 301,
    body: { message: 'Moved Permanently', url: location + query, documentation_url: 'https://docs.github.com/rest' },
    headers: { location: location + query },
  };
}

function byId(question: Question, id: number, rest: string | undefined): Answer {
  const found = question.world.repositories.find((repository) => repository.id === id);
  return found === undefined ? notFound() : ofRepository(question, found, rest);
}

function ofRepository(question: Question, repository: Repository, rest: string | undefined): Answer {
  if (repository.condition === 'gone' || (repository.private && !sees(question.credential, repository))) return notFound();
  if (repository.condition === 'blocked') {
    return {
      status: 451,
      body: {
        message: 'Repository access blocked',
        block: { reason: 'dmca', created_at: '2026-01-01T00:00:00Z', html_url: null },
      },
    };
  }
  if (rest === undefined) {
    return { status: 200, body: described('full-repository', repository), operation: 'get /repos/{owner}/{repo}' };
  }
  const basehead = /^compare\/(.+)$/.exec(rest)?.[1];
  if (basehead !== undefined) return compared(repository, basehead, question.query);
  const single = /^releases\/(\d+)$/.exec(rest)?.[1];
  if (single !== undefined) {
    const body = itemsOf(question, repository, 'releases', undefined).find(({ id }) => id === Number(single));
    return body === undefined ? notFound() : { status: 200, body };
  }
  const pull = /^pulls\/(\d+)\/reviews$/.exec(rest)?.[1];
  const collection = pull === undefined ? LISTS[rest] : 'reviews';
  if (collection === undefined) return notFound();
  const off = repository.off.get(collection);
  if (off === 'disabled') return refusal(410, 'Issues has been disabled in this repository.');
  if (off === 'forbidden') {
    return refusal(403, 'Resource not accessible by personal access token', {
      'x-accepted-github-permissions': PERMISSIONS[collection],
    });
  }
  if (repository.condition === 'empty' && collection === 'commits') return refusal(409, 'Git Repository is empty.');
  const path = pull === undefined ? rest : 'pulls/{pull_number}/reviews';
  return listed(question, itemsOf(question, repository, collection, pull), {
    address: `${question.base}/repositories/${repository.id}/${rest}`,
    operation: `get /repos/{owner}/{repo}/${path}`,
    ...(collection === 'runs' && { within: 'workflow_runs' }),
  });
}

function itemsOf(question: Question, repository: Repository, collection: Collection, pull: string | undefined): readonly Item[] {
  if (collection === 'reviews') return repository.reviews.get(Number(pull)) ?? [];
  // Drafts are for those who may push.
  if (collection === 'releases') {
    return repository.releases.filter(({ draft }) => !draft || sees(question.credential, repository));
  }
  if (collection === 'stargazers' && !question.accept.includes('star+json')) {
    return repository.stargazers.map(({ user }) => user as Item);
  }
  const items = collection === 'commits' ? leadingTo(repository.commits, question.query.get('sha')) : repository[collection];
  return filtered(collection, items, question.query);
}

function listed(
  { query }: Question,
  items: readonly Item[],
  { address, operation, within }: { readonly address: string; readonly operation: string; readonly within?: string },
): Answer {
  const page = pageOf(items, query, address);
  if (page === undefined) return refusal(422, 'Only the first 10000 results are available.');
  const body = within === undefined ? page.items : { total_count: items.length, [within]: page.items };
  return { status: 200, body, headers: page.headers, operation };
}

function repositoriesOf(question: Question, kind: string, owner: string): Answer {
  const { world, base, credential } = question;
  const all = world.repositories.filter((each) => each.owner.toLowerCase() === owner.toLowerCase() && each.condition !== 'gone');
  if (all.length === 0 && !world.users.has(owner)) return notFound();
  if (kind === 'orgs' && world.users.has(owner)) return notFound();
  const seen = all.filter((each) => !each.private || sees(credential, each));
  return listed(
    question,
    seen.map((each) => described('minimal-repository', each)),
    {
      address: `${base}/${kind === 'orgs' ? 'organizations' : 'user'}/9919/repos`,
      operation: kind === 'orgs' ? 'get /orgs/{org}/repos' : 'get /users/{username}/repos',
    },
  );
}

/** Understands `org:`, `user:` and `topic:`; other words are looked for in the name. At most 1,000 are found. */
function search(question: Question): Answer {
  const words = (question.query.get('q') ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return refusal(422, 'Validation Failed');
  const fits = ({ owner, name, topics }: Repository): boolean =>
    words.every((word) => {
      const [qualifier = '', value] = word.split(':');
      if (value === undefined) return name.includes(qualifier);
      return qualifier === 'topic' ? topics.includes(value) : owner.toLowerCase() === value.toLowerCase();
    });
  const found = question.world.repositories.filter((each) => fits(each) && (!each.private || sees(question.credential, each)));
  const page = pageOf(found.slice(0, 1000), question.query, `${question.base}/search/repositories`);
  if (page === undefined) return refusal(422, 'Only the first 1000 search results are available');
  const items = page.items.map((each) => ({ ...described('repo-search-result-item', each), score: 1 }));
  return {
    status: 200,
    body: { total_count: found.length, incomplete_results: false, items },
    headers: page.headers,
    operation: 'get /search/repositories',
  };
}

function described(component: string, repository: Repository): Item {
  const { id, owner, name, archived, fork, topics } = repository;
  const whole = made(component, id);
  return {
    ...whole,
    id,
    name,
    full_name: `${owner}/${name}`,
    owner: { ...(whole['owner'] as Item), login: owner },
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    archived,
    fork,
    topics,
    html_url: `https://github.com/${owner}/${name}`,
    has_issues: !repository.off.has('issues'),
    size: repository.condition === 'empty' ? 0 : 100,
  };
}
