import { describe, expect, test } from 'vitest';
import { briefly, story } from '../../../check/expect.ts';

describe('a failure in brief', () => {
  const ran = {
    code: 1,
    signal: null,
    stdout: Buffer.from('{"type":"STATE"}\n'),
    stderr: 'INFO at work\nERROR it broke: "here"\n',
    ms: 5,
  };

  test('says what should be, the exit code and the last line that was logged', () => {
    expect(briefly(`the load should succeed: ${story(ran)}`)).toBe(
      'the load should succeed (exit code 1, ERROR it broke: "here")',
    );
  });

  test('says by which signal a run ended, and that nothing was logged', () => {
    const killed = { ...ran, code: null, signal: 'SIGKILL' as const, stderr: '' };
    expect(briefly(`it must exit 143: ${story(killed)}`)).toBe('it must exit 143 (ended by SIGKILL, nothing on stderr)');
  });

  test('leaves other evidence as it is', () => {
    expect(briefly('two discoveries differ')).toBe('two discoveries differ');
  });
});
