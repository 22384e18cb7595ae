import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { redirectConsole } from '../../../../singer/shell/console.ts';
import type { Level } from '../../../../singer/log.ts';
import { createLog } from '../../../../singer/shell/run-log.ts';

function log(level: Level) {
  const lines: string[] = [];
  return { lines, log: createLog('tap-x', { structured: false, level }, { line: (text) => lines.push(text) }) };
}

it('prints nothing below its level', () => {
  const { lines, log: l } = log('warning');
  l.debug('a');
  l.info('b');
  l.warn('c');
  l.error('d');
  expect(lines).toEqual(['WARNING c', 'ERROR d']);
});

it('warns once per key', () => {
  const { lines, log: l } = log('info');
  for (const stream of ['a', 'a', 'b']) l.warnOnce(`odd ${stream}`, 'Odd', { stream });
  expect(lines).toEqual(['WARNING Odd stream=a', 'WARNING Odd stream=b']);
});

it('masks what it is told to mask, from then on', () => {
  const { lines, log: l } = log('debug');
  l.conceal(['hunter2']);
  l.conceal(['later']);
  l.debug('x later', { config: { password: 'hunter2' } });
  l.critical('hunter2');
  expect(lines).toEqual(['DEBUG x ***** config={"password":"*****"}', 'CRITICAL *****']);
});

it('prints nothing but the end once hushed', () => {
  const { lines, log: l } = log('debug');
  l.hush();
  l.error('a');
  l.metric({ type: 'timer', metric: 'm', value: 1, tags: {} });
  l.critical('b');
  expect(lines).toEqual(['CRITICAL b']);
});

it('takes what libraries print on the console as whole lines', () => {
  const { lines, log: l } = log('debug');
  const raw = new PassThrough();
  const console = new Console(raw, raw);
  redirectConsole(console, l);
  console.log('a %d\nb', 5);
  console.error('[1]');
  console.dir({ x: 1 });
  console.table([{ x: 1 }]);
  console.group('g');
  console.count('c');
  console.time('t');
  console.timeEnd('t');
  console.assert(false, 'assertion');
  console.trace('here');
  expect(raw.read()).toBeNull();
  expect(lines.slice(0, 3)).toEqual([String.raw`INFO a 5\nb`, 'WARNING [1]', 'INFO { x: 1 }']);
  expect(lines).toHaveLength(9);
  expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
});
