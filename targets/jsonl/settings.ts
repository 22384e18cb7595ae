import type { Config, Settings } from '../../singer/index.ts';

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
    description:
      'File name to use in place of the stream name, without its ending. All streams of the run then share one file, apart from the quarantine.',
    examples: ['events'],
  },
  path_template: {
    type: 'string',
    perStream: true,
    description:
      'Path of the files under destination_path, with `/` between folders. In braces: stream, schema, table, run_id, date (`{date:yyyy-MM-dd}`, `{date:HH}`; UTC, start of the run), timestamp (local), partition (the folders of partition_by), seq (a number that goes on from run to run) and ext (`jsonl`, `jsonl.gz`). Unset: `{stream}.{ext}`, with what the other settings need: `-{seq}` for rotation, `-{run_id}-{seq}` for load_method new, `{stream}/{partition}/{stream}-{seq}.{ext}` for partition_by.',
    examples: ['{schema}/{table}/{date:yyyy-MM-dd}/{seq}.{ext}'],
  },
  load_method: {
    type: 'string',
    options: ['append-only', 'append', 'overwrite', 'new'],
    default: 'append-only',
    aliases: ['mode'],
    perStream: true,
    description:
      'append-only (or append) adds to the files that are there. new gives every run files of its own. overwrite puts new files in the place of a stream’s old ones at the end of a run that proved complete; a stream that sent no record leaves its files as they are, and states wait until then. There is no upsert: lines are not looked up by key.',
  },
  overwrite_on_eof: {
    type: 'boolean',
    default: false,
    description:
      'With overwrite: take the plain end of the input as proof that a stream is complete. Off: a STATE must have come after its last record. Switch on only for a source that sends no STATE, because an upstream that died looks the same.',
  },
  rotate_rows: {
    type: 'integer',
    minimum: 1,
    perStream: true,
    description:
      'Begin a new file after this many records. With any of the three rotate settings a file appears under its name only when it is complete (full, too old, or at the end of the run) and never changes after; until then it is hidden, and safe: what a crash leaves is published by the next run.',
  },
  rotate_bytes: {
    type: 'integer',
    minimum: 1,
    perStream: true,
    description:
      'Begin a new file before it exceeds this many bytes, counted before compression. One longer record gets a file of its own.',
  },
  rotate_seconds: {
    type: 'number',
    minimum: 1,
    perStream: true,
    description: 'Publish a file this long after its first record, also while the input is idle.',
  },
  partition_by: {
    type: 'array',
    items: { type: 'string', description: 'A column, or year(), month(), date() or hour() of one.' },
    perStream: true,
    description:
      'Put records into folders by value, as Hive has them: `["date(created_at)", "country"]` gives `date=2026-01-31/country=DE/`. Times with an offset are taken in UTC. No value, or no time where one is asked for: `__HIVE_DEFAULT_PARTITION__`. The columns stay in the records.',
    examples: [['date(created_at)', 'country']],
  },
  compression: {
    type: 'string',
    options: ['none', 'gzip', 'brotli', 'zstd'],
    default: 'none',
    perStream: true,
    description:
      'With `gzip`, files end in `.jsonl.gz` and every batch is a gzip member of its own, so that appending stays legal; `zstd` likewise by frames (`.zst`, Node 22.15 or later). `brotli` (`.br`) compresses a file when it is complete, so it needs files that are not appended to: rotation, partitions, new or overwrite.',
  },
  compression_level: {
    type: 'integer',
    perStream: true,
    description: 'From 1 (fast) to 9 for gzip, 11 for brotli, 22 for zstd (small). Unset: 3, 4 and 3.',
  },
  add_record_metadata: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Add the seven `_sdc_` members to every record (when it was extracted, received and batched, its sequence and version). A record’s own members of these names are replaced, except that `_sdc_deleted_at` is taken over.',
  },
  manifest: {
    type: 'boolean',
    default: false,
    description:
      'Keep `manifest.json` in destination_path: every file with rows, bytes and SHA-256, the schema of every stream, and the newest state; written after each batch, before its state leaves. `target-jsonl verify` checks the files against it, `target-jsonl state get` prints its state. Costs about 2 s per GB for the sums; only one run at a time can write to the folder, and files to append to are read once at the start.',
  },
  schema_files: {
    type: 'boolean',
    default: false,
    perStream: true,
    description:
      'Write each stream’s JSON schema beside its files, `users.schema.json`. When it changes, the one before is kept as `users.schema.1.json` and so on.',
  },
  empty_files: {
    type: 'boolean',
    default: false,
    perStream: true,
    description: 'Write an empty file for a stream that sent no record, unless it is partitioned or has a file already.',
  },
  durability: {
    type: 'string',
    options: ['fsync', 'flush', 'none'],
    default: 'fsync',
    description:
      'What a batch has survived before its state is passed on. `fsync`: a power cut. `flush`: a crash of this process. `none`: the same as `flush`, but without the part file and the journal that keep unfinished lines out of the files.',
  },
} as const satisfies Settings;

export type TargetConfig = Config<typeof settings>;
