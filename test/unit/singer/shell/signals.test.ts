import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interrupted } from '../../../../singer/errors.ts';
import { listenForSignals } from '../../../../singer/shell/signals.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function listen() {
  const source = new EventEmitter();
  const left: number[] = [];
  return { source, left, ...listenForSignals(source, (code) => left.push(code), 5000) };
}

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('asks for an orderly stop at the first %s', (name, exitCode) => {
  const { source, left, signal } = listen();
  source.emit(name);
  expect(signal.reason).toBeInstanceOf(Interrupted);
  expect(signal.reason).toMatchObject({ exitCode });
  expect(left).toEqual([]);
});

it('leaves at once at the second', () => {
  const { source, left } = listen();
  source.emit('SIGTERM');
  source.emit('SIGTERM');
  expect(left).toEqual([143]);
});

it('takes a SIGINT and a SIGTERM of the same moment for one stop, and a later one for the second', () => {
  const { source, left } = listen();
  source.emit('SIGINT');
  vi.advanceTimersByTime(100);
  source.emit('SIGTERM');
  expect(left).toEqual([]);
  vi.advanceTimersByTime(1000);
  source.emit('SIGTERM');
  expect(left).toEqual([130]);
});

it('leaves when the grace period is over', () => {
  const { source, left } = listen();
  source.emit('SIGTERM');
  vi.advanceTimersByTime(4999);
  expect(left).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(left).toEqual([143]);
});

it('lets go of the signals and of the grace period', () => {
  const { source, left, release } = listen();
  source.emit('SIGTERM');
  release();
  vi.advanceTimersByTime(10_000);
  expect(left).toEqual([]);
  expect(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT')).toBe(0);
});
