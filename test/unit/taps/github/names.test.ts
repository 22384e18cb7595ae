import { describe, expect, test } from 'vitest';
import type { JsonSchema } from '../../../../singer/index.ts';
import { settings } from '../../../../taps/github/settings.ts';
import { streams } from '../../../../taps/github/streams/table.ts';

/** Keys and columns of the streams of MeltanoLabs' tap-github 1.30 that are here, without those that the API's lists never fill. */
const THEIRS: Readonly<Record<string, { readonly keys?: string; readonly columns: string }>> = {
  repositories: {
    columns:
      'search_name search_query id node_id repo org name full_name description html_url owner license master_branch default_branch updated_at created_at pushed_at git_url ssh_url clone_url homepage private archived disabled size stargazers_count fork topics visibility language forks forks_count watchers watchers_count open_issues network_count subscribers_count open_issues_count has_issues has_pull_requests allow_squash_merge allow_merge_commit allow_rebase_merge allow_auto_merge delete_branch_on_merge organization',
  },
  releases: {
    keys: 'id',
    columns:
      'repo org repo_id url html_url assets_url upload_url tarball_url zipball_url id node_id tag_name target_commitish name body draft prerelease created_at published_at author assets',
  },
  tags: { keys: 'repo org name', columns: 'repo org repo_id name commit zipball_url tarball_url node_id' },
  issues: {
    keys: 'id',
    columns:
      'id node_id url html_url repo org repo_id number updated_at created_at closed_at state title comments author_association body issue_type type user labels reactions assignee assignees milestone locked pull_request state_reason parent_issue_url sub_issues_summary',
  },
  issue_comments: {
    keys: 'id',
    columns: 'repo org repo_id id node_id issue_number issue_url updated_at created_at author_association body user',
  },
  pull_requests: {
    keys: 'id',
    columns:
      'repo org repo_id id node_id url html_url diff_url patch_url number updated_at created_at closed_at merged_at state title locked author_association body merge_commit_sha draft commits_url review_comments_url review_comment_url comments_url statuses_url user labels assignee assignees requested_reviewers milestone head base',
  },
  reviews: {
    keys: 'id',
    columns:
      'pull_id pull_number org repo repo_id id node_id user body state html_url pull_request_url _links submitted_at commit_id author_association',
  },
  commits: { keys: 'node_id', columns: 'org repo repo_id node_id url sha html_url commit_timestamp commit author committer' },
  workflow_runs: {
    keys: 'id',
    columns:
      'repo org repo_id id name node_id head_branch head_sha run_number run_attempt event status conclusion workflow_id url html_url pull_requests created_at updated_at jobs_url logs_url check_suite_url artifacts_url cancel_url rerun_url workflow_url',
  },
  stargazers: { keys: 'user_id repo_id', columns: 'repo org repo_id user_id starred_at user' },
};

/** Every field of a release, of an asset and of an account, as GitHub publishes them. */
const RELEASE =
  'id node_id tag_name target_commitish name body draft prerelease immutable created_at published_at updated_at url html_url assets_url upload_url tarball_url zipball_url author assets body_html body_text mentions_count discussion_url reactions';
const ASSET =
  'url browser_download_url id node_id name label state content_type size digest download_count created_at updated_at uploader';
const USER =
  'login id node_id avatar_url gravatar_id url html_url followers_url following_url gists_url starred_url subscriptions_url organizations_url repos_url events_url received_events_url type site_admin name email starred_at user_view_type';
const REACTIONS = 'url total_count plus_one minus_one laugh confused heart hooray rocket eyes';

const words = (text: string): string[] => text.split(' ');
const membersOf = (schema: JsonSchema | undefined): string[] => Object.keys(schema?.['properties'] ?? {});

describe('names that configs and tables of MeltanoLabs’ tap count on', () => {
  test.each(Object.entries(THEIRS))('%s has its columns and its keys', (id, { keys, columns }) => {
    const stream = streams.find((each) => each.id === id)!;
    expect(Object.keys(stream.properties)).toEqual(expect.arrayContaining(words(columns)));
    if (keys !== undefined) expect(stream.keys).toEqual(words(keys));
  });

  test('settings have its names and defaults', () => {
    const defaults = Object.fromEntries(
      Object.entries(settings).map(([name, setting]) => [name, 'default' in setting ? setting.default : undefined]),
    );
    expect(defaults).toMatchObject({
      user_agent: 'tap-github',
      rate_limit_buffer: 1000,
      expiry_time_buffer: 10,
      backoff_max_tries: 5,
    });
    expect(Object.keys(defaults)).toEqual(
      expect.arrayContaining(
        words(
          'repositories organizations searches user_usernames user_ids auth_token additional_auth_tokens auth_app_keys org_auth_app_keys start_date metrics_log_level skip_parent_streams stream_options api_url_base',
        ),
      ),
    );
  });
});

test('a release has every published field, and so have its assets, accounts and reactions', () => {
  const { properties } = streams.find(({ id }) => id === 'releases')!;
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(words(RELEASE)));
  const asset = properties['assets']?.['items'] as JsonSchema;
  const uploader = (asset['properties'] as Readonly<Record<string, JsonSchema>>)['uploader'];
  expect(membersOf(asset).toSorted()).toEqual(words(ASSET).toSorted());
  expect(membersOf(properties['author']).toSorted()).toEqual(words(USER).toSorted());
  expect(membersOf(uploader).toSorted()).toEqual(words(USER).toSorted());
  expect(membersOf(properties['reactions']).toSorted()).toEqual(words(REACTIONS).toSorted());
});
