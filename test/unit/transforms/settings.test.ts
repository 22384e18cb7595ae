import { expect, test } from 'vitest';
import { hasRules, rulesConfig } from '../../../transforms/config/settings.ts';

test.each([
  [{}, 'tap', false],
  [{ transforms: {} }, 'tap', true],
  [{ stream_maps: {} }, 'target', true],
  [{ flattening_enabled: true }, 'tap', true],
  [{ flattening_enabled: false }, 'tap', false],
  [{ flattening_enabled: true }, 'target', false],
] as const)('%j in a %s: has rules %s', (config, kind, expected) => {
  expect(hasRules(config, kind)).toBe(expected);
});

test('a target flattens by itself, as its stream_options say', () => {
  const config = { stream_maps: {}, flattening_enabled: true, flattening_max_depth: 1 };
  expect(rulesConfig(config, 'target')).toEqual({ ...config, flattening_enabled: false });
  expect(rulesConfig(config, 'tap')).toBe(config);
});
