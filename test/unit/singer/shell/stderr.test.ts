import { expect, it } from 'vitest';
import { Stderr, type ErrorStream } from '../../../../singer/shell/stderr.ts';

function terminal(isTTY: boolean, columns = 40): ErrorStream & { text: string } {
  return {
    isTTY,
    columns,
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

it('draws progress below the lines and never tears it', () => {
  const stream = terminal(true);
  const stderr = new Stderr(stream, {});
  stderr.progress('5 rows');
  stderr.line('INFO x');
  stderr.progress('6 rows');
  stderr.progress('6 rows');
  stderr.progress('');
  stderr.line('INFO y');
  const clear = '\r\u001b[K';
  expect(stream.text).toBe(`${clear}5 rows${clear}INFO x\n5 rows${clear}6 rows${clear}INFO y\n`);
});

it('cuts progress at the width of the window', () => {
  const stream = terminal(true, 30);
  new Stderr(stream, {}).progress('x'.repeat(100));
  expect(stream.text).toBe(`\r\u001b[K${'x'.repeat(29)}`);
});

it.each([
  ['a pipe', false, {}],
  ['CI', true, { CI: 'true' }],
  ['a dumb terminal', true, { TERM: 'dumb' }],
])('shows no progress in %s', (_, isTTY, environment) => {
  const stream = terminal(isTTY);
  const stderr = new Stderr(stream, environment);
  stderr.progress('5 rows');
  stderr.line('INFO x');
  expect(stderr.interactive).toBe(false);
  expect(stream.text).toBe('INFO x\n');
});
