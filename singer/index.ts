/** The only door by which plugins reach the core. Everything here loads fast: no validation library, no parser. */
export type { Json, JsonObject, JsonSchema, Row } from './json.ts';
export { ExactNumber, isJsonObject } from './json.ts';
export type { Column, LogicalType } from './columns.ts';
export type { Config, Setting, Settings, SettingValue } from './settings.ts';
export type { Fields, Log } from './log.ts';
export type { Answer, Ask, Clock, Command, Mapper, Mode, Rules, Run, Tap, Target, TargetRun } from './plugin.ts';
export type { Batch, ReadRequest, ReplicationMethod, Source, Stream } from './tap/source.ts';
export type {
  Change,
  Destination,
  Encoder,
  InputEnd,
  Part,
  Quarantine,
  RecordMeta,
  RefusedRecord,
  StreamHeader,
  Unit,
} from './target/destination.ts';
export { defineMapper, defineTap, defineTarget } from './plugin.ts';
export type { MapperConfig } from './mapper/map-settings.ts';
export type { Stage } from './stage.ts';
export { BlockPool, ByteBlocks } from './target/blocks.ts';
export type { ValuePlace } from './target/column-values.ts';
export {
  cleanJsonText,
  decodedBytes,
  jsonValue,
  noteChange,
  numberText,
  propertyReader,
  refuseValue,
} from './target/column-values.ts';
export { decimalParts, plainInt64, type Unfit } from './target/exact-numbers.ts';
export { RowChanges } from './target/row-changes.ts';
export { Changed } from './target/changed.ts';
export { stateCommand, type StateStore } from './target/state-command.ts';
export { refuseIncomplete } from './target/completeness.ts';
export type { Problem } from './errors.ts';
export { ConfigError, InputError, Interrupted, QualityError, RecordError, SystemError, TaplineError } from './errors.ts';
export type { Casing, NameRules } from './target/names.ts';
export { assignNames, cutToBytes, hashedName, plainName } from './target/names.ts';
export { planRun, planStreams } from './target/plan-ahead.ts';
export { joinTypes } from './target/lattice.ts';
export type { FlattenOptions } from './target/flatten-settings.ts';
export { CompactJson } from './scan/compact-json.ts';
export { escapedCode, escapeLength, escapeLetters, putUtf8, respell } from './scan/json-spelling.ts';
export { LineShape } from './scan/line-shape.ts';
export { textsOf } from './scan/line-texts.ts';
export { createRecordScanner, type RecordScanner } from './scan/record-scanner.ts';
export { Kind, KINDS } from './scan/slot-checks.ts';
export { daysOfMonth, isDateTime } from './scan/value-patterns.ts';
export { spaceEnd, valueEnd } from './scan/json-scan.ts';
export { NameTable, spellings } from './scan/name-table.ts';
export { answerOf, type Finding } from './findings.ts';
export { noteText } from './note-text.ts';
export { withRetry } from './retry.ts';
export { canonicalText, hasNonFinite, parseExact, parseLenient, stringifyExact, stripExact, withWords } from './json-text.ts';
export { columnOf, columnsOf, resolveSchema } from './target/schema.ts';
export { editDistance, nearest } from './shell/nearest.ts';
