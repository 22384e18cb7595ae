import { describe, expect, test } from 'vitest';
import { inFolder, waysAmong } from '../../../check/ways.ts';

describe('ways of working', () => {
  test('are told by the settings that a plugin describes', () => {
    const properties = { load_method: { enum: ['append-only', 'overwrite'] }, batch_size_rows: {}, activate_version: {} };
    expect(waysAmong('target', properties)).toEqual({
      append: { load_method: 'append-only' },
      overwrite: { load_method: 'overwrite' },
      'small-batches': { batch_size_rows: 1 },
      'ignore-versions': { activate_version: false },
    });
    expect(waysAmong('tap', properties)).toEqual({});
  });

  test('may name the folder of the check', () => {
    expect(inFolder({ storage: { root: 'file://{dir}' } }, '/tmp/a "b"')).toEqual({ storage: { root: 'file:///tmp/a "b"' } });
  });
});
