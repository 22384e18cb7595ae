import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from '../../../../singer/shell/nearest.ts';

it.each([
  ['confg', ['config', 'catalog'], 'config'],
  ['delimeter', ['delimiter', 'default'], 'delimiter'],
  ['prot', ['host', 'port'], 'port'],
  ['batch-size-rows', ['batch_size_rows'], 'batch_size_rows'],
  ['BATCH_SIZE', ['batch_size'], 'batch_size'],
  ['zebra', ['port', 'host'], undefined],
  ['x', [], undefined],
])('takes %s for the nearest of %j', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

it('finds any name with one letter missing among names that are far from each other', () => {
  const names = ['destination_path', 'skipinitialspace', 'validate_records', 'max_line_bytes'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
      const cut = at % name.length;
      expect(nearest(name.slice(0, cut) + name.slice(cut + 1), names)).toBe(name);
    }),
  );
});
