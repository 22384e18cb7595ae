import { createHash } from 'node:crypto';
import type { Json } from '../../singer/index.ts';
import { canonicalOf } from '../canonical.ts';
import { firstPoints } from '../code-points.ts';
import { defineOperation, type Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';

export default defineOperation({
  name: 'hash',
  group: 'privacy',
  summary: 'Puts the plain SHA-256 of the value in its place: for hashes that have to equal those that are in a table already.',
  notes: [
    'Anybody who can list the possible values (phone numbers, names, e-mail addresses of a customer list) can find the value of each hash. It hides next to nothing, which is why it has to be asked for with `unkeyed: true`. Use `pseudonymize`.',
  ],
  parameters: {
    unkeyed: { type: 'boolean', description: 'Must be true: says that you know that such a hash can be undone by trying.' },
    keep_first: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description:
        'Characters at the start that stay in clear; so many bytes are left out of the hash. A value that has no more is hashed whole.',
    },
  },
  privacy: 'pseudonym',
  examples: [
    {
      step: { hash: { unkeyed: true } },
      input: 'Ada',
      output: '99a563ab2f6e21e96998f9fddd2a2bab82b70ac019579502b8d7fc0032ff62bb',
    },
  ],
  prepare({ keep_first: kept, unkeyed }, field): Step {
    const { log, path, schema, stream } = field;
    if (unkeyed !== true)
      field.problem('must be true, because such a hash can be undone by trying; pseudonymize has a key', 'unkeyed');
    else log.warn('A hash without a key can be undone by trying', { stream, field: path });
    return {
      schema: schemaLike(schema, 'string'),
      apply(value: Json | undefined) {
        const text = canonicalOf(value!);
        const shown = kept === 0 ? '' : firstPoints(text, kept);
        if (shown.length === text.length) return sha256(Buffer.from(text));
        return shown + sha256(Buffer.from(text).subarray(kept));
      },
    };
  },
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
