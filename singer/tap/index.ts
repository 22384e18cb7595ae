/** The door by which taps reach the core: of `singer/index.ts` what reading needs. Meltano starts a tap twice per run, so it must start fast. */
export type { Json, JsonObject, JsonSchema, Row } from '../json.ts';
export { ExactNumber, isJsonObject } from '../json.ts';
export type { Column, LogicalType } from '../columns.ts';
export type { Config, Setting, Settings } from '../settings.ts';
export type { Fields, Log } from '../log.ts';
export type { Answer, Ask, Command, Mode, Run, StreamRequest, Tap } from '../plugin.ts';
export type { Batch, ReadRequest, ReplicationMethod, Source, Stream } from './source.ts';
export { defineTap } from '../plugin.ts';
export type { Problem } from '../errors.ts';
export { ConfigError, InputError, Interrupted, RecordError, SystemError, TaplineError } from '../errors.ts';
export { isDate, isDateTime, isTime } from '../scan/value-patterns.ts';
export { parseExact, stringifyExact } from '../json-text.ts';
export { putControl, words } from './line-bytes.ts';
export { BATCH_BYTES, Out, SLACK_BYTES } from './out.ts';
export { answerOf, type Finding } from '../findings.ts';
export { waitFor, withRetry } from '../retry.ts';
export { checkConfig } from '../shell/config.ts';
export { streamOptions, streamOptionSettings, type StreamOptions } from '../shell/stream-options.ts';
