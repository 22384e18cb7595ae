import type { CheckReport } from './check.ts';
import type { CredentialFacts, InstallationFacts } from './credentials.ts';

/** The report for people. */
export function checkText({ api, credentials, repositories, refused, calls }: CheckReport): string {
  const problems = refused.length + credentials.reduce((sum, { problems }) => sum + problems.length, 0);
  return [
    api,
    ...credentials.flatMap(credentialText),
    `${counted(repositories.found, 'repository', 'repositories')}, ${number(repositories.readable)} of which can be read`,
    ...refused.map(
      ({ repository, streams, status, advice }) => `  PROBLEM ${repository}: ${streams.join(', ')}: status ${status}: ${advice}`,
    ),
    '',
    `${problems === 0 ? 'No problems' : counted(problems, 'problem', 'problems')}; this took ${counted(calls, 'call', 'calls')}.`,
  ].join('\n');
}

function credentialText({ name, kind, scopes, expires, quotas, installations, problems, notes }: CredentialFacts): string[] {
  const facts = [
    kind,
    ...(scopes === null ? [] : [scopes.length === 0 ? 'no scopes' : `scopes ${scopes.join(', ')}`]),
    ...(expires === null ? [] : [`ends ${expires}`]),
    ...Object.entries(quotas).map(
      ([resource, { remaining, limit, reset }]) =>
        `${resource} ${number(remaining)} of ${number(limit)} calls left until ${reset}`,
    ),
  ];
  return [
    `${name}: ${facts.join('; ')}`,
    ...installations.map((installation) => `  ${installationText(installation)}`),
    ...problems.map((problem) => `  PROBLEM ${problem}`),
    ...notes.map((note) => `  ${note}`),
  ];
}

function installationText({ account, permissions, suspended }: InstallationFacts): string {
  const rights = Object.entries(permissions).map(([name, right]) => `${name} ${right}`);
  return `installed at ${account}${suspended ? ' (suspended)' : ''}: ${rights.join(', ') || 'no permissions'}`;
}

/** `1 call`, `2 calls`. */
export function counted(count: number, one: string, many: string): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function number(count: number): string {
  return count.toLocaleString('en');
}
