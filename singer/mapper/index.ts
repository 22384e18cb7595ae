/** The door by which transforms reach the core, beside `singer/index.ts`: what only a mapper needs, so that taps and targets need not load it. */
export { flattenHeader } from '../target/flatten.ts';
export { BatchFile } from '../tap/batch-file.ts';
export { openBatchFile } from '../target/batch-files.ts';
export { BatchFrames } from '../target/batch-frames.ts';
export { batchFiles, type BatchFiles } from '../target/batch-message.ts';
export { type Lines, wholeLines } from '../target/lines.ts';
export { parseBareRecord, parseMessage, type Message } from '../target/message.ts';
export { faultAt, orTooDeep, type Place } from '../target/place.ts';
export { createValidator, type Validate, type Violation } from '../target/validate.ts';
export { simplify, orNull } from '../target/simple-schema.ts';
export { checkConfig } from '../shell/config.ts';
