import process from 'node:process';
import { ConfigError, type Run } from '../../singer/index.ts';
import { endpointOf, senderFor, type Credentials } from '../google/sender.ts';
import { GoogleService } from '../google/service.ts';
import { Bucket } from './bucket.ts';
import { faults } from './errors.ts';

const GOOGLE = 'https://storage.googleapis.com';

export interface StorageConfig extends Credentials {
  readonly bucket?: string | undefined;
  readonly storage_endpoint?: string | undefined;
  readonly max_retries: number;
}

/** What is wrong with the name of a bucket. Source: https://cloud.google.com/storage/docs/buckets#naming */
export function bucketProblem(bucket: string | undefined): string | undefined {
  if (bucket === undefined || bucket === '') return 'is needed';
  if (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) return undefined;
  return 'is no name of a bucket: it stands alone, without gs:// and without a path';
}

/**
 * The bucket of the settings; no request is sent yet. Without `storage_endpoint` the address is that of STORAGE_EMULATOR_HOST, as Google's libraries have it,
 * else Google's. Throws ConfigError.
 */
export async function openBucket(config: StorageConfig, run: Pick<Run, 'log' | 'signal' | 'name' | 'version'>): Promise<Bucket> {
  const { bucket = '', max_retries: retries, storage_endpoint: setting } = config;
  const message = bucketProblem(bucket);
  if (message !== undefined) throw new ConfigError([{ path: 'bucket', message }]);
  const { log, signal } = run;
  const endpoint = endpointOf('storage_endpoint', setting ?? emulator() ?? GOOGLE);
  const send = await senderFor(config, endpoint, run);
  return new Bucket(new GoogleService({ endpoint, send, faults, log, signal, retries }), bucket);
}

/** With or without http://. */
function emulator(): string | undefined {
  const host = process.env['STORAGE_EMULATOR_HOST'];
  if (host === undefined || host === '') return undefined;
  return /^https?:\/\//.test(host) ? host : `http://${host}`;
}
