import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { levelOf, logConfig } from '../../../../singer/shell/log-config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapline-log-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function config(content: unknown): string {
  const file = join(folder, 'logging.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const structured = {
  version: 1,
  formatters: { s: { '()': 'singer_sdk.logging.StructuredFormatter' } },
  root: { level: 'DEBUG' },
};

it('logs plain text from info on when nothing is asked for', () => {
  expect(logConfig('tap-csv', {})).toEqual({ structured: false, level: 'info' });
});

it('reads form and level of the logging configuration, which win over variables', () => {
  const file = config(structured);
  expect(logConfig('tap-csv', { SINGER_SDK_LOG_CONFIG: file, LOGLEVEL: 'ERROR' })).toEqual({ structured: true, level: 'debug' });
});

it('stays plain when no formatter asks for the structured form', () => {
  const file = config({ formatters: { s: { format: '%(message)s' } } });
  expect(logConfig('tap-csv', { SINGER_SDK_LOG_CONFIG: file, LOGLEVEL: 'WARNING' })).toEqual({
    structured: false,
    level: 'warning',
  });
});

it('prefers the level of the plugin to the level of all', () => {
  expect(logConfig('tap-csv', { TAP_CSV_LOGLEVEL: 'debug', LOGLEVEL: 'ERROR' }).level).toBe('debug');
  expect(logConfig('tap-csv', { TAP_CSV_LOGLEVEL: 'nonsense', LOGLEVEL: 'ERROR' }).level).toBe('error');
});

it.each([['not json'], ['[]'], ['null']])('goes on with plain text when the configuration is %s', (content) => {
  expect(logConfig('tap-csv', { SINGER_SDK_LOG_CONFIG: config(content) })).toMatchObject({ structured: false, level: 'info' });
});

it.each([[['']], [['', '{"formatters": {"s": {"()": "singer_s', '{"formatters": {}']]])(
  'reads the configuration again while somebody writes it: %j',
  (cutOff) => {
    const texts = [...cutOff, JSON.stringify(structured)];
    expect(logConfig('t', { SINGER_SDK_LOG_CONFIG: 'logging.json' }, () => texts.shift() ?? 'read too often')).toEqual({
      structured: true,
      level: 'debug',
    });
  },
);

it('does not wait for ever for one that stays empty', () => {
  expect(logConfig('t', { SINGER_SDK_LOG_CONFIG: config('') }).complaint).toContain('not JSON');
});

it('says so when the configuration cannot be read', () => {
  expect(logConfig('t', { SINGER_SDK_LOG_CONFIG: join(folder, 'none.json') }).complaint).toContain('ENOENT');
});

it.each([
  ['INFO', 'info'],
  ['warn', 'warning'],
  [30, 'warning'],
  ['10', 'debug'],
  [25, 'warning'],
  [99, 'critical'],
  ['', undefined],
  ['loud', undefined],
])('reads level %j as %s', (value, expected) => {
  expect(levelOf(value)).toBe(expected);
});
