import { describe, expect, it } from 'vitest';
import { ConfigError, InputError, RecordError, SystemError } from '../../../../singer/errors.ts';
import { exceptionInfo, logFailure } from '../../../../singer/shell/failure.ts';
import { createLog } from '../../../../singer/shell/run-log.ts';

function logged(error: unknown, structured = false): string[] {
  const lines: string[] = [];
  logFailure(createLog('tap-x', { structured, level: 'info' }, { line: (text) => lines.push(text) }), error);
  return lines;
}

describe('logFailure', () => {
  it('writes one line per problem of the settings, without a stack', () => {
    const error = new ConfigError([
      { path: 'files[0].path', message: 'is required' },
      { path: '', message: 'Unknown flag --x' },
    ]);
    expect(logged(error)).toEqual(['CRITICAL files[0].path: is required code=config', 'CRITICAL Unknown flag --x code=config']);
  });

  it('writes what happened, where and what to do; a cause of the system in words, another one without its message', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5'), { code: 'ECONNREFUSED', syscall: 'connect' });
    const system = new SystemError('The server does not answer', {
      code: 'down',
      facts: { host: 'h' },
      hint: 'Start it.',
      cause: refused,
    });
    expect(logged(system)).toEqual([
      'CRITICAL The server does not answer. Start it. code=down host=h cause="connect ECONNREFUSED 127.0.0.1:5"',
    ]);
    const quoting = Object.assign(new Error('invalid input: "Ms Miller"'), { code: '22P02' });
    expect(logged(new InputError('A row was refused', { code: 'row', cause: quoting }))).toEqual([
      'CRITICAL A row was refused code=row cause="Error 22P02"',
    ]);
  });

  it('shows the frames of a fault nobody foresaw, each on a line of its own', () => {
    const lines = logged(new TypeError('x is not a function'));
    expect(lines[0]).toBe('CRITICAL Unexpected failure: x is not a function code=unexpected type=TypeError');
    expect(lines.slice(1).join('\n')).toMatch(/^ERROR {5}at .*failure\.test\.ts:\d+/);
  });

  it('quotes nothing of a text that was no JSON', () => {
    let error: unknown;
    try {
      JSON.parse('Ms Miller');
    } catch (thrown) {
      error = thrown;
    }
    expect(logged(error).join('\n')).not.toContain('Miller');
  });

  it('survives what is no Error', () => {
    expect(logged('text')[0]).toContain('code=unexpected');
    expect(logged(undefined)[0]).toContain('code=unexpected');
  });

  it('puts the exception into the structured line, under the name others rely on', () => {
    const error = new RecordError('A key is missing', {
      code: 'missing-key',
      type: 'MissingKeyPropertiesError',
      hint: 'Send it.',
    });
    const lines = logged(error, true).map((line) => JSON.parse(line) as { exception: Record<string, unknown> });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.exception).toMatchObject({
      type: 'MissingKeyPropertiesError',
      module: 'tapline',
      message: 'A key is missing',
      cause: null,
      context: null,
      notes: ['Send it.'],
    });
  });
});

describe('exceptionInfo', () => {
  it('gives frames with all four members and the causes without what they quote', () => {
    const info = exceptionInfo(new SystemError('a', { code: 'a', cause: new Error('quotes "Ms Miller"') }));
    expect(info.traceback.length).toBeGreaterThan(0);
    for (const frame of info.traceback) expect(Object.keys(frame)).toEqual(['filename', 'function', 'lineno', 'line']);
    expect(info.cause).toMatchObject({ type: 'Error', message: 'Error' });
  });

  it('ends with causes that go round in a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(exceptionInfo(error).cause).not.toBeNull();
  });
});
