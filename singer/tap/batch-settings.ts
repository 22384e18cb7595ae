import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import type { Setting } from '../settings.ts';

/** As in the Meltano SDK: `batch_config.encoding`, `.storage` and `.batch_size`. */
export const batchConfig = {
  type: 'object',
  description:
    'Write records into files and send BATCH messages that name them, in place of RECORD messages: for pipes that are slower than the files, for example below meltano run. The target must read BATCH and see the same folder. Unset: RECORD messages.',
  examples: [{ encoding: { format: 'jsonl', compression: 'gzip' }, storage: { root: 'file:///tmp/batches', prefix: 'run-' } }],
  properties: {
    encoding: {
      type: 'object',
      default: {},
      description: 'How the files are written.',
      properties: {
        format: { type: 'string', options: ['jsonl'], default: 'jsonl', description: 'JSON lines: one bare record per line.' },
        compression: {
          type: 'string',
          options: ['none', 'gzip'],
          default: 'none',
          description: 'gzip makes small files at the cost of a thread; on one machine none is faster.',
        },
      },
    },
    storage: {
      type: 'object',
      required: true,
      description: 'Where the files are written.',
      properties: {
        root: {
          type: 'string',
          required: true,
          description:
            'A folder, as a path or a file: URL; made if it is missing. Nobody but the target (by its own setting) removes the files.',
          examples: ['file:///tmp/batches', '.batches'],
        },
        prefix: { type: 'string', default: '', description: 'Begins the name of every file.' },
      },
    },
    batch_size: { type: 'integer', default: 10_000, minimum: 1, description: 'Records in a file, at most.' },
  },
} as const satisfies Setting;

/** What the writer of batch files needs. */
export interface BatchSettings {
  /** An absolute path. */
  readonly folder: string;
  readonly prefix: string;
  readonly compression: 'none' | 'gzip';
  readonly records: number;
}

/** Reads `batch_config` from a validated config; undefined if it is not set. Throws ConfigError for a root that is no folder's name. */
export function batchSettings(config: object): BatchSettings | undefined {
  const batch: unknown = Reflect.get(config, 'batch_config');
  if (!isJsonObject(batch)) return undefined;
  const text = (of: unknown, name: string): string => {
    const value = isJsonObject(of) ? of[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const { storage, encoding } = batch;
  const prefix = text(storage, 'prefix');
  if (/[/\\\0]/.test(prefix)) throw problem('storage.prefix', 'must be the beginning of a file name, without a folder');
  const records = batch['batch_size'];
  return {
    folder: folderOf(text(storage, 'root')),
    prefix,
    compression: text(encoding, 'compression') === 'gzip' ? 'gzip' : 'none',
    records: typeof records === 'number' ? records : batchConfig.properties.batch_size.default,
  };
}

/** `file:///a/b`, the SDK's `file://relative/path`, or a path. */
function folderOf(root: string): string {
  if (root === '') throw problem('storage.root', 'must not be empty');
  if (/^file:\/\/\//i.test(root)) {
    try {
      return fileURLToPath(root);
    } catch (error) {
      throw problem('storage.root', 'is not a valid file: URL', error);
    }
  }
  const path = root.replace(/^file:(?:\/\/)?/i, '');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw problem('storage.root', 'must be a folder of this machine: a path or a file: URL');
  return resolve(path);
}

function problem(path: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: `batch_config.${path}`, message }], cause === undefined ? {} : { cause });
}
