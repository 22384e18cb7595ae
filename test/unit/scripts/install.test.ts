import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../../scripts/command.mjs';
import { fulfils } from '../../../scripts/install.mjs';

interface Entry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('package-lock.json', () => {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };

  test('names no registry, so that any mirror serves', () => {
    expect(text).not.toContain('"resolved"');
  });

  test('has an entry for each package of each platform, or npm ci refuses the file', () => {
    const missing = Object.values(packages)
      .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
      .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });
});

describe('what is installed fulfils the lock file', () => {
  const wanted = {
    '': { version: '1' },
    'node_modules/a': { version: '1.2.3' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };

  test.each([
    ['when all versions are equal', { 'node_modules/a': { version: '1.2.3' }, 'node_modules/b': { version: '2.0.0' } }, true],
    ['when only an optional package is missing', { 'node_modules/a': { version: '1.2.3' } }, true],
    ['not when a package is missing', { 'node_modules/b': { version: '2.0.0' } }, false],
    ['not when a version differs', { 'node_modules/a': { version: '1.2.4' } }, false],
    [
      'not when an optional version differs',
      { 'node_modules/a': { version: '1.2.3' }, 'node_modules/b': { version: '1.0.0' } },
      false,
    ],
  ])('%s', (_, present, expected) => {
    expect(fulfils(wanted, present)).toBe(expected);
  });
});
