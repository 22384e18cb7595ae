import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../singer/errors.ts';
import { parseArguments } from '../../../../singer/shell/flags.ts';

const tap = (...argv: string[]) =>
  parseArguments({ kind: 'tap', modes: { check: { summary: 'Checks.' }, explain: { summary: 'Explains.' } } }, argv);
const target = (...argv: string[]) => parseArguments({ kind: 'target', commands: { state: {}, 'state merge': {} } }, argv);

function problems(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map(({ message }) => message);
  }
  return [];
}

describe('parseArguments', () => {
  it('reads long and short flags, values after a blank or an equals sign', () => {
    expect(tap('-c', 'a', '--config=b', '-s', 'st', '-p', 'cat', '-d')).toMatchObject({
      config: ['a', 'b'],
      state: 'st',
      catalog: 'cat',
      discover: true,
    });
    expect(tap('--config', '5', '--catalog', '007')).toMatchObject({ config: ['5'], catalog: '007', discover: false });
    expect(tap('--catalog', 'a', '--properties', 'b').catalog).toBe('a');
    expect(target('--input', 'x.singer').input).toBe('x.singer');
  });

  it.each([
    [['--test'], 'all'],
    [['--test=all'], 'all'],
    [['--test=schema'], 'schema'],
    [['--test', '--config', 'c'], 'all'],
    [['--test=disabled'], undefined],
    [[], undefined],
  ])('reads %j as test mode %s', (argv, expected) => {
    expect(tap(...argv).test).toBe(expected);
  });

  it.each([
    [['--confg', 'x'], 'Unknown flag --confg; did you mean --config?'],
    [['--zzzzzzzz'], 'Unknown flag --zzzzzzzz'],
    [['-x'], 'Unknown flag -x'],
    [['--input', 'x'], 'Unknown flag --input'],
    [['--config'], '--config needs a value: FILE|ENV'],
    [['--config', '--discover'], '--config needs a value: FILE|ENV'],
    [['--format', 'xml'], '--format must be one of text, json, markdown, but is "xml"'],
    [['--test=al'], '--test must be one of all, schema, disabled, but is "al"; did you mean all?'],
    [['state'], 'Unknown command "state"'],
    [['--constructor'], 'Unknown flag --constructor'],
  ])('refuses %j', (argv, message) => {
    expect(problems(() => tap(...argv))).toEqual([message]);
  });

  it('tells every problem at once', () => {
    expect(problems(() => tap('--abut', '--confg', 'c', '--format', 'x'))).toHaveLength(3);
  });

  it('takes the modes of a plugin as switches, one at a time', () => {
    expect(tap('--check', '--format', 'json')).toMatchObject({ mode: 'check', format: 'json' });
    expect(tap().mode).toBeUndefined();
    expect(problems(() => tap('--check', '--explain'))).toEqual(['Only one of --check, --explain may be given']);
    expect(problems(() => target('--check'))).toEqual(['Unknown flag --check']);
  });

  it('finds the longest command and hands the rest on', () => {
    expect(target('state', 'get', '--config', 'c')).toMatchObject({ command: { name: 'state', args: ['get'] }, config: ['c'] });
    expect(target('state', 'merge', '{"a":1}', '-5').command).toEqual({ name: 'state merge', args: ['{"a":1}', '-5'] });
    expect(problems(() => target('stat', 'get'))).toEqual(['Unknown command "stat"; did you mean state?']);
    expect(target().command).toBeUndefined();
  });
});
