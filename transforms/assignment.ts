import type { Json, JsonSchema } from '../singer/index.ts';
import { type OnError, RecordFault, ValueFault } from './fault.ts';
import type { Fields } from './operation.ts';
import { nullable, redactedOf, withConstant } from './schemas.ts';

/** A property that gets a value made of a record. */
export interface Assignment {
  readonly name: string;
  /** True for every value that `compute` gives. */
  readonly schema: JsonSchema;
  /** Undefined leaves the property out. Throws RecordFault. */
  compute(record: Fields): Json | undefined;
}

/**
 * An assignment that does with faulty values what `onError` says. A key property is never null or left out: the record is put aside
 * then, or what `onError` says of records.
 */
export function assignment(
  made: Assignment,
  { isKey, onError, what }: { isKey: boolean; onError: OnError; what: string },
): Assignment {
  const { name, schema } = made;
  const policy = isKey && (onError === 'null' || onError === 'redact') ? 'quarantine' : onError;
  const redacted = redactedOf(schema);
  const compute = (record: Fields): Json | undefined => {
    try {
      return made.compute(record);
    } catch (error) {
      if (!(error instanceof ValueFault)) throw error;
      if (policy === 'null') return null;
      if (policy === 'redact') return redacted;
      throw new RecordFault({ policy, rule: error.rule, field: name, message: `${what}: ${error.message}` });
    }
  };
  if (policy === 'null') return { name, schema: nullable(schema), compute };
  if (policy === 'redact') return { name, schema: withConstant(schema), compute };
  if (!isKey) return { name, schema, compute };
  return {
    name,
    schema,
    compute(record) {
      const value = compute(record) ?? null;
      if (value !== null) return value;
      throw new RecordFault({ policy, rule: 'null-key', field: name, message: `${what}: a key property without a value` });
    },
  };
}
