import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../../../singer/index.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { KeyProof } from './key-proof.ts';
import { PartFile, type Written } from './part-file.ts';
import type { RowFacts } from './row-facts.ts';
import { NUMBER_BYTES, type RowNumbers } from './row-numbers.ts';

/** What is done with rows that go by way of a stage. */
export interface Staging {
  readonly facts: RowFacts;
  /** Of one table in one run. */
  readonly numbers: RowNumbers;
  /** Rows get no numbers as long as it holds. */
  readonly proof?: KeyProof;
}

/** Rows on the disk that wait for their load job. */
export interface Spooled extends Written {
  readonly plan: TablePlan;
  /** Of all rows of the plan so far. */
  readonly facts?: RowFacts;
  /** True: no row has the key of another, and none has a number. */
  readonly isUnique: boolean;
  /** A version that is to become the only one when these rows are there. */
  readonly activate?: number;
}

export interface SpoolOptions {
  readonly compression: 'gzip' | 'none';
  readonly clockBytes: (plan: TablePlan) => number;
  /** Called once for a plan and flush; undefined: rows go straight into their table. */
  readonly stagingOf: (plan: TablePlan) => Staging | undefined;
}

interface Growing {
  readonly plan: TablePlan;
  readonly file: PartFile;
  readonly staging: Staging | undefined;
  readonly isNumbered: boolean;
  activate?: number;
}

/**
 * Collects the rows of all streams in files of a folder of its own: one for each stream and schema, and another one behind a version that is
 * activated.
 */
export class Spool {
  readonly #o: SpoolOptions;
  #folder: Promise<string> | undefined;
  #files: Growing[] = [];
  #open = new Map<TablePlan, Growing>();
  #made = 0;
  /** Of the rows that wait, before compression. */
  bytes = 0;

  constructor(options: SpoolOptions) {
    this.#o = options;
  }

  /** Resolves when the part's blocks may be used again. A part without rows only gives its plan a place. */
  async add(
    plan: TablePlan,
    { activate, blocks, bytes, rows }: Pick<Part, 'activate' | 'blocks' | 'bytes' | 'rows'>,
  ): Promise<void> {
    let file = this.#open.get(plan) ?? (await this.#begin(plan, this.#o.stagingOf(plan)));
    if (rows > 0) {
      const { staging } = file;
      staging?.facts.add(blocks);
      // What came before has no number: it is sorted before what has one.
      if (!file.isNumbered && staging?.proof?.add(blocks) === false) file = await this.#begin(plan, withoutProof(staging));
      if (file.isNumbered) for (const block of blocks) await file.file.write([staging!.numbers.number(block)], 0);
      await file.file.write(file.isNumbered ? [] : blocks, rows);
      this.bytes += bytes;
    }
    if (activate === undefined) return;
    file.activate = activate;
    this.#open.delete(plan);
  }

  /** Closes the files and gives them, in the order in which their plans came first. */
  async take(): Promise<Spooled[]> {
    const files = this.#files;
    this.#files = [];
    this.#open = new Map();
    this.bytes = 0;
    const spooled: Spooled[] = [];
    for (const { activate, file, isNumbered, plan, staging } of files) {
      spooled.push({
        plan,
        ...(await file.end()),
        isUnique: staging?.proof !== undefined && !isNumbered,
        ...(staging === undefined ? {} : { facts: staging.facts }),
        ...(activate === undefined ? {} : { activate }),
      });
      staging?.proof?.end();
    }
    return spooled;
  }

  /** Deletes what is left. */
  async close(): Promise<void> {
    for (const { file } of this.#files) await file.abandon();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #begin(plan: TablePlan, staging: Staging | undefined): Promise<Growing> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'tapline-'));
    const path = join(await this.#folder, `${this.#made++}.ndjson`);
    const isNumbered = staging !== undefined && staging.proof === undefined;
    const clock = this.#o.clockBytes(plan);
    // A number stands before the clock, and tells as little of the record as that.
    const clockBytes = isNumbered ? NUMBER_BYTES + 1 + clock : clock;
    const file: Growing = {
      plan,
      file: new PartFile({ path, compression: this.#o.compression, clockBytes }),
      staging,
      isNumbered,
    };
    this.#files.push(file);
    this.#open.set(plan, file);
    return file;
  }
}

function withoutProof({ facts, numbers }: Staging): Staging {
  return { facts, numbers };
}
