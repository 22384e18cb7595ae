/** The only door by which plugins reach the core. Everything here loads fast: no validation library, no parser. */
export type { Json, JsonObject, JsonSchema, Row } from './json.ts';
export { ExactNumber, isJsonObject } from './json.ts';
export type { Column, LogicalType } from './columns.ts';
export type { Config, Setting, Settings } from './settings.ts';
export type { Fields, Log } from './log.ts';
export type {
  Answer,
  Ask,
  Batch,
  Change,
  Clock,
  Command,
  Destination,
  Encoder,
  Mode,
  Part,
  ReadRequest,
  RecordMeta,
  ReplicationMethod,
  Run,
  Source,
  Stream,
  StreamHeader,
  Tap,
  Target,
  TargetRun,
  Unit,
} from './plugin.ts';
export { defineTap, defineTarget } from './plugin.ts';
export { BlockPool, ByteBlocks } from './target/blocks.ts';
export { refuseIncomplete } from './target/completeness.ts';
export type { Problem } from './errors.ts';
export { ConfigError, InputError, Interrupted, RecordError, SystemError, TaplineError } from './errors.ts';
export type { Casing, NameRules } from './target/names.ts';
export { assignNames, cutToBytes, hashedName, plainName } from './target/names.ts';
export { joinTypes } from './target/lattice.ts';
export { createRecordScanner, type RecordScanner, type ScannerOptions } from './scan/record-scanner.ts';
export { Kind, KINDS } from './scan/slot-checks.ts';
export { daysOfMonth, isDate, isDateTime, isTime } from './scan/value-patterns.ts';
export { HEX, PLAIN } from './scan/json-scan.ts';
export { noteText } from './note-text.ts';
export { hasNonFinite, parseExact, stringifyExact, withWords } from './json-text.ts';
