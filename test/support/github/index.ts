/** The fake GitHub, as tests use it. */
import { expect, onTestFinished } from 'vitest';
import { startGitHub, type GitHub, type GitHubOptions } from './server.ts';

export * from './parts.ts';

/** A fake GitHub for one test, closed at its end; the test fails if the fake has said what GitHub could not. */
export async function gitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const started = await startGitHub(options);
  onTestFinished(async () => {
    await started.close();
    expect(started.dishonest).toEqual([]);
  });
  return started;
}
