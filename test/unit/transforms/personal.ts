import { createHash } from 'node:crypto';
import process from 'node:process';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';

process.env['TEST_PRIVACY_KEY'] = createHash('sha256').update('another key for tests').digest('hex');
export const keys = { pii: { env: 'TEST_PRIVACY_KEY' } };

/** What becomes of values of one field; its key is `id` unless `keyed`. */
export function field(
  step: Json,
  schema: JsonObject,
  values: readonly (Json | undefined)[],
  keyed = false,
): Promise<Transformed> {
  return transform({ keys, transforms: { s: { fields: { v: step } } } }, [
    schemaOf('s', { id: { type: 'integer' }, v: schema, other: { type: 'string' } }, [keyed ? 'v' : 'id'], { required: ['v'] }),
    ...values.map((v, id) => recordOf('s', { id, ...(v === undefined ? {} : { v }), other: 'x' })),
  ]);
}

export async function results(step: Json, schema: JsonObject, ...values: Json[]): Promise<unknown[]> {
  return (await field(step, schema, values)).records().map((record) => (record as JsonObject)['v']);
}

export const TEXT = { type: ['string', 'null'] };
