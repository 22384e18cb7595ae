import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type BlockPool, ByteBlocks, type JsonObject } from '../../singer/index.ts';
import {
  BatchFile,
  type BatchFiles,
  batchFiles,
  BatchFrames,
  type Lines,
  openBatchFile,
  type Place,
  wholeLines,
} from '../../singer/mapper/index.ts';

/** Output gathered before it is written to a file. */
const BLOCK_BYTES = 64 * 1024;

/** The files of a BATCH whose records go through the rules. */
export class BatchReader {
  readonly batch: BatchFiles;
  /** Those that were read to their end. */
  readonly paths: string[] = [];
  readonly #frames: BatchFrames;

  /** Throws InputError for a message that cannot be read. */
  constructor(message: JsonObject, stream: string, place: Place) {
    this.batch = batchFiles(message, stream, place);
    this.#frames = new BatchFrames(this.batch);
  }

  /** Their records as RECORD lines. `place` tells where it stands. Throws InputError and SystemError. */
  async *lines(maxLineBytes: number, place: Place): AsyncGenerator<Lines> {
    const { line } = place;
    try {
      for (const file of this.batch.files) {
        const { path, chunks } = await openBatchFile(file);
        place.file = path;
        place.line = 0;
        for await (const piece of wholeLines(chunks, maxLineBytes, place)) yield* this.#frames.pieces(piece);
        this.paths.push(path);
      }
    } finally {
      place.file = undefined;
      place.line = line;
    }
  }
}

/** Writes the records that the rules made of a BATCH's files into one file beside them. */
export class BatchWriter {
  /** Bare records, one a line. */
  readonly out: ByteBlocks;
  readonly #pool: BlockPool;
  readonly #folder: string;
  readonly #gzip: boolean;
  #file: BatchFile | undefined;
  #rows = 0;

  constructor({ files }: BatchFiles, pool: BlockPool) {
    this.#pool = pool;
    this.out = new ByteBlocks(pool);
    this.#folder = dirname(files[0]!.path);
    this.#gzip = files.some(({ gzip }) => gzip);
  }

  /** Writes what has gathered, if it is enough to be worth while. Throws SystemError `batch-file`. */
  async write(atLeast = BLOCK_BYTES): Promise<void> {
    if (this.out.size < atLeast || this.out.size === 0) return;
    this.#file ??= await BatchFile.create(
      { folder: this.#folder, compression: this.#gzip ? 'gzip' : 'none' },
      `transformed-${randomBytes(8).toString('hex')}.jsonl`,
    );
    this.#rows += this.out.rows;
    const { blocks } = this.out.takeAll();
    for (const block of blocks) await this.#file.write(block);
    this.#pool.give(blocks);
  }

  /** Completes the file and gives the message that names it; undefined if the rules left nothing. */
  async finish(message: JsonObject, stream: string): Promise<JsonObject | undefined> {
    await this.write(0);
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return undefined;
    await file.finish();
    const size = message['batch_size'] === undefined ? {} : { batch_size: this.#rows };
    if (message['manifest'] !== undefined) return { ...message, stream, ...size, manifest: [file.url] };
    return { ...message, stream, ...size, filepath: file.path, compression: this.#gzip ? 'gzip' : null };
  }

  /** Removes a file that nobody was told of. */
  async close(): Promise<void> {
    await this.#file?.remove();
    this.#file = undefined;
  }
}
