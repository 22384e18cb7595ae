import { expect, test } from 'vitest';
import { defineTap, defineTarget, type Rules } from '../../../../singer/plugin.ts';
import { checkConfig } from '../../../../singer/shell/config.ts';
import { allSettings, jointProblems } from '../../../../singer/shell/plugin-settings.ts';
import { streamOptionSettings } from '../../../../singer/shell/stream-options.ts';

const never = (): never => {
  throw new Error('Not to be opened');
};
const target = defineTarget({ name: 'target-x', summary: 'For tests', settings: {}, open: never });

test.each<[string, object, string[]]>([
  ['nothing', {}, []],
  ['flattening with a depth for some streams only', { flattening_enabled: true, stream_options: { a: { flattening_max_depth: 1 } } }, []],
  ['flattening without a depth anywhere', { stream_options: { a: { flattening_enabled: true } } }, ['flattening_max_depth']],
  [
    'wrong options of streams',
    { stream_options: { 'a-*': { validate_records: 'perhaps', max_line_bytes: 5 }, b: 1 } },
    ['stream_options.a-*.validate_records', 'stream_options.a-*.max_line_bytes', 'stream_options.b'],
  ],
])('settings are looked at together: %s', (_, given, paths) => {
  const { config, problems } = checkConfig(allSettings(target), given as never);
  expect(problems).toEqual([]);
  expect(jointProblems(target, config).map(({ path }) => path)).toEqual(paths);
}); // prettier-ignore

const tap = defineTap({ name: 'tap-x', summary: 'For tests', settings: {}, open: never });

test('a tap has options of streams if it declares them', () => {
  expect(jointProblems(tap, { stream_options: 5 })).toEqual([]);
  const settings = { ...streamOptionSettings, depth: { type: 'integer', perStream: true, description: 'How deep.' } } as const;
  const optioned = defineTap({ name: 'tap-y', summary: 'For tests', settings, open: never });
  expect(jointProblems(optioned, { stream_options: { a: { depth: 1 } } })).toEqual([]);
  const paths = jointProblems(optioned, { stream_options: { a: { depth: 'x' }, b: { wide: 1 } } }).map(({ path }) => path);
  expect(paths).toEqual(['stream_options.a.depth', 'stream_options.b.wide']);
});

test('a tap does not write files of what rules would change', () => {
  const rules: Rules = { settings: {}, areIn: (config) => 'transforms' in config, open: never };
  const paths = (config: object, given?: Rules): string[] => jointProblems(tap, config, given).map(({ path }) => path);
  const batch_config = { storage: { root: 'file:///tmp' }, encoding: { format: 'jsonl' } };
  expect(paths({ batch_config, transforms: {} }, rules)).toEqual(['batch_config']);
  for (const config of [{ batch_config }, { transforms: {} }]) expect(paths(config, rules)).toEqual([]);
  expect(paths({ batch_config, transforms: {} })).toEqual([]);
  expect(jointProblems(target, { batch_config, transforms: {} }, rules)).toEqual([]);
});
