import { type GitHub, gitHub, type Item, made } from '../../../support/github/index.ts';
import { NOON } from './harness.ts';

export const second = (n: number): string =>
  `${new Date(Date.parse('2026-01-01T00:00:00Z') + n * 1000).toISOString().slice(0, 19)}Z`;
export const items = (component: string, count: number, changes: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => made(component, n + 1, { id: n + 1, ...changes(n + 1) }));
export const numbers = (rows: readonly Item[], name = 'id'): unknown[] => rows.map((row) => row[name]);

export async function fake(): Promise<GitHub> {
  const github = await gitHub({ now: () => NOON });
  github.world.token('ghp_test');
  return github;
}

export const issue = (n: number): Item => ({ number: n, updated_at: second(n), state: n % 2 === 0 ? 'open' : 'closed' });

export const pull = (n: number): Item => ({ number: n, state: 'closed', updated_at: second(n) });
