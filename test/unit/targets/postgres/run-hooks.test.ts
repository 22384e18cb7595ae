import { expect, test } from 'vitest';
import { hookSql } from '../../../../targets/postgres/run-hooks.ts';

test.each([
  [undefined, []],
  ['', []],
  ['SELECT 1; SELECT 2', ['SELECT 1; SELECT 2']],
  [
    ['SELECT 1', ' ', 'SELECT 2'],
    ['SELECT 1', 'SELECT 2'],
  ],
])('%j is the SQL %j', (setting, list) => {
  expect(hookSql(setting)).toEqual(list);
});
