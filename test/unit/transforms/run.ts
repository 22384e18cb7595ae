import { type Json, type JsonObject, parseExact, stringifyExact } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/mapper/index.ts';
import { loadRules } from '../../../transforms/config/index.ts';
import { transformSettings, type TransformConfig } from '../../../transforms/config/settings.ts';
import { type BatchOptions, Transformer } from '../../../transforms/engine/transformer.ts';
import { keepingLog } from '../../support/memory-tap.ts';

const BATCHES: BatchOptions = { rewrite: true, deleteFiles: false, maxLineBytes: 1 << 28 };

export type Message = JsonObject & { readonly type: string; readonly stream?: string };

export interface Transformed {
  readonly text: string;
  readonly messages: readonly Message[];
  readonly log: ReturnType<typeof keepingLog>;
  /** What the stage says of the records that left, by stream. */
  readonly sent: Readonly<Record<string, number>>;
  /** Records of a stream; of all streams if none is named. */
  readonly records: (stream?: string) => readonly Json[];
  readonly schema: (stream: string) => Message | undefined;
}

/** Runs messages (objects, or lines as they stand) through the rules of a config, in chunks of `chunkBytes`. */
export async function transform(
  config: JsonObject,
  input: readonly (JsonObject | string)[],
  {
    chunkBytes = 1 << 20,
    batches = {},
    onMessage,
    onBlock,
  }: {
    chunkBytes?: number;
    batches?: Partial<BatchOptions>;
    onMessage?: (message: Message) => void;
    onBlock?: (block: Buffer) => void;
  } = {},
): Promise<Transformed> {
  const checked = checkConfig(transformSettings, config);
  if (checked.problems.length > 0) throw new Error(JSON.stringify(checked.problems));
  const log = keepingLog();
  const run = { name: 'transform-records', version: '0', log, signal: new AbortController().signal };
  const stage = new Transformer(await loadRules(checked.config as TransformConfig, run), { ...BATCHES, ...batches });
  const lines = input.map((message) => (typeof message === 'string' ? message : stringifyExact(message)));
  const out: Buffer[] = [];
  const take = (block: Buffer): void => {
    onBlock?.(block);
    out.push(Buffer.from(block));
  };
  let succeeded = false;
  try {
    for (const piece of pieces(lines, chunkBytes)) {
      for await (const block of stage.take({ bytes: piece, start: 0, end: piece.length })) take(block);
    }
    for await (const block of stage.finish()) take(block);
    succeeded = true;
  } finally {
    if (onMessage !== undefined) messagesOf(out).forEach(onMessage);
    await stage.close(succeeded);
  }
  const text = Buffer.concat(out).toString();
  const messages = messagesOf(out);
  return {
    text,
    messages,
    log,
    sent: Object.fromEntries(stage.sent()),
    records: (stream) =>
      messages
        .filter((message) => message.type === 'RECORD' && (stream === undefined || message.stream === stream))
        .map((message) => message['record']!),
    schema: (stream) => messages.findLast((message) => message.type === 'SCHEMA' && message.stream === stream),
  };
}

function messagesOf(blocks: readonly Buffer[]): Message[] {
  const lines = Buffer.concat(blocks).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => parseExact(line) as Message);
}

function* pieces(lines: readonly string[], bytes: number): Generator<Buffer> {
  let gathered = '';
  for (const line of lines) {
    gathered += `${line}\n`;
    if (gathered.length >= bytes) {
      yield Buffer.from(gathered);
      gathered = '';
    }
  }
  if (gathered !== '') yield Buffer.from(gathered);
}

/** A SCHEMA message. */
export function schemaOf(
  stream: string,
  properties: JsonObject,
  keys: readonly string[] = [],
  more: JsonObject = {},
): JsonObject {
  return { type: 'SCHEMA', stream, schema: { type: 'object', properties, ...more }, key_properties: keys };
}

/** A RECORD message. */
export function recordOf(stream: string, record: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'RECORD', stream, record, ...more };
}
