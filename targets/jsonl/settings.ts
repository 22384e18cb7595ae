import type { Settings } from '../../singer/index.ts';

/** The first three are andyh1203's, with the defaults that Meltano's Hub lists for it. */
export const settings = {
  destination_path: {
    type: 'string',
    default: 'output',
    description:
      'Folder for the files, relative to the working folder; made if it is missing. An empty text means the working folder.',
    examples: ['output', '/data/landing', '~/landing'],
  },
  do_timestamp_file: {
    type: 'boolean',
    default: false,
    description:
      'Add the time of the run to the file names (`users-20260131T235900.jsonl`), so that every run has files of its own. Otherwise runs append to `users.jsonl`.',
  },
  custom_name: {
    type: 'string',
    description: 'File name to use in place of the stream name, without its ending. All streams of the run then share one file.',
    examples: ['events'],
  },
  compression: {
    type: 'string',
    options: ['none', 'gzip'],
    default: 'none',
    description:
      'With `gzip`, files end in `.jsonl.gz` and every batch is a gzip member of its own, so that appending stays legal.',
  },
  durability: {
    type: 'string',
    options: ['fsync', 'flush', 'none'],
    default: 'fsync',
    description:
      'What a batch has survived before its state is passed on. `fsync`: a power cut. `flush`: a crash of this process. `none`: the same as `flush`, but without the part file and the journal that keep unfinished lines out of the files.',
  },
} as const satisfies Settings;
