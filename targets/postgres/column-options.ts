import { ConfigError, SystemError, type Problem, type StreamHeader } from '../../singer/index.ts';
import type { CopyOptions } from './copy/plan.ts';
import { nameRules } from './tables/naming.ts';
import type { KnownTable } from './tables/known-tables.ts';
import type { PlanOptions } from './tables/plan.ts';
import type { TargetConfig } from './settings.ts';
import { isTypeText } from './types/types.ts';

/** What the settings say of a stream's table and columns. */
export function planOptions(header: StreamHeader, known: KnownTable, config: TargetConfig): PlanOptions {
  return {
    loadMethod: config.replace_range === undefined ? config.load_method : 'overwrite',
    metadata: config.add_record_metadata,
    hardDelete: config.hard_delete,
    names: nameRules(config),
    types: {
      binaryAs: config.binary_as,
      numberType: config.number_type,
      integerWidth: config.integer_width,
      stringType: config.string_type,
      arrays: config.arrays,
      columnTypes: config.column_types,
    },
    policies: {
      newColumn: config.on_new_column,
      typeChange: config.on_type_change,
      missingColumn: config.on_missing_column,
      keyChange: config.on_key_change,
      maxRewriteRows: config.max_rewrite_rows,
    },
    // The core cannot tell why a stream is opened anew: a wider column alone needs no notes.
    notesChanges: header.notesChanges && (known.notesChanges || known.wide.size === 0),
  };
}

/** Throws a ConfigError that lists what cannot be a type or a time zone. */
export function refuseUnreadable({ column_types: types, assume_timezone: timeZone }: TargetConfig): void {
  const problems: Problem[] = Object.entries(types)
    .filter(([, type]) => !isTypeText(type))
    .map(([name]) => ({ path: `column_types.${name}`, message: 'is no type, for example inet or numeric(10,2)' }));
  if (!isTimeZone(timeZone)) problems.push({ path: 'assume_timezone', message: 'is no time zone, for example Europe/Berlin' });
  if (problems.length > 0) throw new ConfigError(problems);
}

function isTimeZone(name: string): boolean {
  // Offsets are time zones here, but Postgres reads their sign the other way round.
  if (name === 'UTC') return true;
  if (!/^[a-z][\w+/-]*$/i.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // A RangeError is how it says no.
    return false;
  }
}

/** What the settings say of a stream's values. */
export function encoderOptions(
  config: TargetConfig & { readonly validate_records?: boolean },
): Pick<CopyOptions, 'validated' | 'nulPolicy' | 'timePolicy' | 'timeZone' | 'widensIntegers'> {
  return {
    validated: config.validate_records ?? true,
    nulPolicy: config.sanitize_null_text_characters ? 'replace' : config.nul_policy,
    timePolicy: config.time_policy,
    timeZone: config.assume_timezone,
    widensIntegers: config.on_type_change === 'evolve' || config.on_type_change === 'variant',
  };
}

/** True when the stream has no table and gets none. Throws SystemError `new-stream` when that is not allowed. Our own streams always get theirs. */
export function isLeftOut(stream: string, known: KnownTable, { on_new_stream: policy }: TargetConfig): boolean {
  const isNew = known.existing === undefined && known.promised.size === 0 && !stream.startsWith('_sdc_');
  if (!isNew || policy === 'evolve') return false;
  if (policy === 'discard') return true;
  throw new SystemError(`${stream} has no table ${known.schema}.${known.table}, and on_new_stream is fail`, {
    code: 'new-stream',
    facts: { stream, schema: known.schema, table: known.table },
    hint: 'Make the table, deselect the stream in the tap, or choose another on_new_stream.',
  });
}
