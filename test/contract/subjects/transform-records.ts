import { waysAmong, type Subject } from '../../../check/index.ts';
import plugin from '../../../transforms/index.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

/** The same, given its rules in the words of the SDK's stream maps. */
export function streamMaps(): Subject {
  return { ...transformRecords(), config: {}, ways: waysAmong('mapper', { stream_maps: {}, stream_map_config: {} }) };
}

/** The same, given its rules as transform-field is. */
export function fieldTransformations(): Subject {
  return { ...transformRecords(), config: {}, ways: waysAmong('mapper', { transformations: [] }) };
}

/** transform-records with rules for the stream that the checks of every plugin send. */
export function transformRecords(): Subject {
  return {
    kind: 'mapper',
    name: 'transform-records',
    command: [executable('transform-records')],
    config: { transforms: { check_sample: { fields: { name: ['trim', 'lower'] } } }, delete_batch_files: false },
    badConfigExit: 2,
    badConfigs: [
      { config: { transforms: 12 }, mentions: ['transforms'] },
      { config: { delete_batch_files: 'perhaps', max_line_bytes: 'many' }, mentions: ['delete_batch_files', 'max_line_bytes'] },
      {
        config: { transforms: { people: { fieldz: {}, rename: 7 }, towns: 3 } },
        mentions: ['transforms.people.fieldz', 'transforms.people.rename', 'transforms.towns'],
      },
    ],
    ways: waysOf(plugin),
  };
}
