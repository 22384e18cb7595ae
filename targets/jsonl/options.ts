import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { ConfigError, type Problem } from '../../singer/index.ts';
import { type Compression, compressionOf, isJoinable } from './compression.ts';
import { parsePartitionBy, type PartitionLevel } from './partition.ts';
import { parseTemplate, type PathTemplate } from './path-template.ts';
import type { TargetConfig } from './settings.ts';

/** How one stream is written. */
export interface StreamOptions {
  readonly template: PathTemplate;
  readonly mode: 'append' | 'new' | 'overwrite';
  /** True if the stream has one file that grows from run to run; false: files that are published once and never change. */
  readonly grows: boolean;
  readonly partitionBy: readonly PartitionLevel[];
  readonly compression: Compression;
  readonly rotate: Rotation;
}

/** When a file is full; Infinity where no bound is set. */
export interface Rotation {
  readonly rows: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** The destination folder; `~` is the home folder. */
export function folderOf({ destination_path: path }: Pick<TargetConfig, 'destination_path'>): string {
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}

/** Reads the settings of all streams, or with those of `stream`. Throws ConfigError with everything that is wrong. */
export function streamOptions(config: TargetConfig, stream?: string): StreamOptions {
  const problems: Problem[] = [];
  const problem = (path: string, message: string): void => void problems.push({ path, message });
  const mode = config.load_method === 'append-only' ? 'append' : config.load_method;
  const partitionBy = parsePartitionBy(config.partition_by ?? [], problem);
  const compression = compressionOf(config.compression, config.compression_level, problems);
  const rotate = {
    rows: config.rotate_rows ?? Infinity,
    bytes: config.rotate_bytes ?? Infinity,
    milliseconds: (config.rotate_seconds ?? Infinity) * 1000,
  };
  const rotates = Object.values(rotate).some(Number.isFinite);
  const template = parseTemplate(config.path_template ?? usualTemplate(config, rotates), (message) =>
    problem('path_template', message),
  );
  const { parts } = template;
  const partitioned = partitionBy.length > 0;
  const grows = mode === 'append' && !rotates && !partitioned && !parts.has('seq');

  if (config.destination_path === '-') problem('destination_path', 'cannot be stdout: the states leave there');
  if (config.path_template !== undefined) {
    if (config.custom_name && !parts.has('custom_name'))
      problem('custom_name', 'is not used: put {custom_name} into path_template');
    if (config.do_timestamp_file) problem('do_timestamp_file', 'is not used with path_template: put {timestamp} into it');
  }
  if (rotates && !parts.has('seq')) problem('path_template', 'needs {seq}, because rotation gives a stream several files');
  else if (mode !== 'overwrite' && partitioned && !parts.has('seq'))
    problem('path_template', 'needs {seq}, because every run adds files to the partitions');
  else if (mode === 'new' && !parts.has('seq') && !parts.has('run_id'))
    problem('path_template', 'needs {run_id} or {seq}, so that every run has files of its own');
  if (mode === 'overwrite') {
    const varying = (['run_id', 'date', 'timestamp'] as const).filter((part) => parts.has(part));
    const place = config.path_template === undefined ? 'do_timestamp_file' : 'path_template';
    if (varying.length > 0)
      problem(
        place,
        `with overwrite cannot put {${varying.join('}, {')}} into the names: a run must find the files of the run before`,
      );
  }
  if (mode === 'append' && !isJoinable(compression) && !parts.has('seq'))
    problem('compression', `${compression.name} files cannot be appended to: put {seq} into path_template`);
  if (problems.length > 0) throw new ConfigError(problems.map((one) => ofStream(one, stream)));
  return { template, mode, grows, partitionBy, compression, rotate };
}

/** What is wrong with one stream alone comes from `stream_options`. */
function ofStream({ path, message }: Problem, stream: string | undefined): Problem {
  return { path, message: stream === undefined ? message : `${message} (stream ${stream}, by stream_options)` };
}

/** The names without path_template: those of andyh1203, with what other settings need. */
function usualTemplate(config: TargetConfig, rotates: boolean): string {
  const base = config.custom_name ? '{custom_name}' : '{stream}';
  const partitioned = (config.partition_by ?? []).length > 0;
  const run = config.load_method === 'new' ? '-{run_id}' : '';
  const appends = config.load_method !== 'new' && config.load_method !== 'overwrite';
  const many = partitioned || rotates || config.load_method === 'new' || (appends && config.compression === 'brotli');
  const name = `${base}${config.do_timestamp_file ? '-{timestamp}' : ''}${run}${many ? '-{seq}' : ''}.{ext}`;
  return partitioned ? `${base}/{partition}/${name}` : name;
}
