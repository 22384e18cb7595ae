import { expect, test } from 'vitest';
import { answerOf } from '../../../../singer/index.ts';
import { planAnswer } from '../../../../targets/postgres/plan/answer.ts';

const findings = [
  { check: 'server', ok: true, detail: 'Postgres 18' },
  { check: 'state table', ok: false, detail: 'cannot be written', hint: 'GRANT it.' },
];

test('findings are a line each, with what to do below, and fail as a whole when one does', () => {
  expect(answerOf(findings, 'text')).toEqual({
    ok: false,
    text: ['ok      server       Postgres 18', 'FAILED  state table  cannot be written', '                     GRANT it.'].join(
      '\n',
    ),
  });
  expect(answerOf(findings.slice(0, 1), 'text').ok).toBe(true);
});

test('findings are one JSON document for programs', () => {
  expect(JSON.parse(answerOf(findings, 'json').text)).toEqual({ ok: false, checks: findings });
});

test('plans tell table, method, keys and statements', () => {
  const plan = {
    stream: 'users',
    table: 'public.users',
    isNew: true,
    method: 'upsert',
    keys: ['id'],
    sql: ['CREATE TABLE x', 'A\nB'],
  };
  const left = { stream: 'other', table: undefined, isNew: false, method: 'none', keys: [], sql: [] };
  expect(planAnswer([plan, left], 'text').text).toBe(
    'users: upsert by id into a new table public.users\n  CREATE TABLE x;\n  A\n  B;\n\nother: left out',
  );
  expect(planAnswer([{ ...plan, isNew: false, keys: [], sql: [] }], 'text').text).toBe(
    'users: upsert into table public.users\n  nothing to change',
  );
  expect(JSON.parse(planAnswer([left], 'json').text)).toEqual({
    streams: [{ stream: 'other', table: null, new: false, method: 'none', keys: [], sql: [] }],
  });
});
