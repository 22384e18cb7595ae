import { readFile } from 'node:fs/promises';
import type { Problem } from '../../../singer/tap/index.ts';
import type { GithubConfig } from '../settings.ts';

/** All names and patterns of the settings, each with its place. Files that cannot be read go to `problems`. */
export async function givenNames(
  config: Pick<GithubConfig, 'repositories' | 'repository' | 'repositories_file'>,
  problems: Problem[],
): Promise<(readonly [path: string, name: string])[]> {
  const names: (readonly [string, string])[] = [];
  for (const [index, name] of (config.repositories ?? []).entries()) names.push([`repositories[${index}]`, name.trim()]);
  for (const name of (config.repository ?? '').split(/\s+/)) if (name !== '') names.push(['repository', name]);
  const { repositories_file: file } = config;
  if (file === undefined) return names;
  let text = '';
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    problems.push({
      path: 'repositories_file',
      message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    });
  }
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const name = line.trim();
    if (name !== '' && !name.startsWith('#')) names.push([`repositories_file, line ${index + 1}`, name]);
  }
  return names;
}
