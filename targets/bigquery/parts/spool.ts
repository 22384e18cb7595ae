import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../../../singer/index.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { KeyProof } from './key-proof.ts';
import type { KnownRows, LoadSeen } from './known-rows.ts';
import { diskFault, PartFile, type Piece } from './part-file.ts';
import { RowDigest, Scratch, type RowsSeen } from './row-digest.ts';
import type { RowFacts } from './row-facts.ts';
import type { RowNumbers } from './row-numbers.ts';

/** What is done with rows that go by way of a stage. */
export interface Staging {
  readonly facts: RowFacts;
  /** Of one table in one run. */
  readonly numbers: RowNumbers;
  /** Rows get no numbers as long as it holds. */
  readonly proof?: KeyProof;
}

/** A file of rows on the disk that waits for its load job, and what a later run knows its rows by. */
export interface Written extends LoadSeen {
  readonly path: string;
  readonly bytes: number;
  readonly pieces: readonly Piece[];
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

/** Rows that an earlier run has loaded. */
export type Known = KnownRows<LoadSeen & { readonly jobId: string }>;

export interface SpoolOptions {
  readonly compression: 'gzip' | 'none';
  /** Bytes of a piece on the disk; undefined: files are in one piece. */
  readonly pieceBytes?: number | undefined;
  /** For digests; undefined: there are none, because no later run has to know the rows again. */
  readonly clockBytes: ((plan: TablePlan) => number) | undefined;
  /** Called once for a plan and flush; undefined: rows go straight into their table. */
  readonly stagingOf: (plan: TablePlan) => Staging | undefined;
  /** What earlier runs have loaded into a plan's table; undefined: nothing is to be looked for. */
  readonly knownOf: (plan: TablePlan) => Known | undefined;
  /** Hears of rows that were loaded by the job of an earlier run, and are left out. */
  readonly onKnown: (plan: TablePlan, rows: number, jobId: string) => void;
}

/** A part of a unit with its plan. */
export type PlannedPart = Pick<Part, 'activate' | 'blocks' | 'rows'> & { readonly plan: TablePlan };

interface Growing {
  readonly plan: TablePlan;
  readonly file: PartFile;
  readonly digest: RowDigest;
  readonly staging: Staging | undefined;
  /** Rows get numbers; those that came before had none, and are sorted before them. */
  isNumbered: boolean;
  readonly known: Known | undefined;
  /** Rows that the newest STATE does not cover, behind others that it covers. */
  behind: { readonly before: RowsSeen; readonly digest: RowDigest } | undefined;
  activate: number | undefined;
  /** Before compression. */
  bytes: number;
}

/**
 * Collects the rows of all streams in files of a folder of its own: one for each stream and schema, and another one behind a version that is
 * activated. Where rows that are appended end with some that the newest STATE does not cover, they become a file of their own: so every STATE
 * that is printed is the end of a job, and a run that is resumed there meets the rows of whole jobs.
 */
export class Spool {
  readonly #o: SpoolOptions;
  readonly #scratch = new Scratch();
  #folder: Promise<string> | undefined;
  /** In the order in which they were begun. */
  #files: Growing[] = [];
  /** Those that take the next rows of their plan. */
  #open = new Map<TablePlan, Growing>();
  #made = 0;
  /** What was added last came with a STATE. */
  #isCovered = true;
  /** Of the rows that wait, before compression. */
  bytes = 0;

  constructor(options: SpoolOptions) {
    this.#o = options;
  }

  /**
   * The parts of a unit, in their order; `isCovered`: with its STATE. Resolves when their blocks may be used again. A part without rows only
   * gives its plan a place.
   */
  async add(parts: readonly PlannedPart[], isCovered: boolean): Promise<void> {
    // A STATE may have come since.
    for (const growing of this.#files) await this.#leaveOutIfKnown(growing);
    if (!isCovered && this.#isCovered) for (const growing of this.#files) this.#mark(growing);
    this.#isCovered = isCovered;
    for (const part of parts) await this.#addPart(part);
    if (isCovered) for (const growing of this.#files) growing.behind = undefined;
  }

  /** True if rows that wait may be those of an earlier run: more must come before that is known. */
  get isUndecided(): boolean {
    return this.#files.some(({ digest, known }) => known?.isUndecided(digest.rows) === true);
  }

  /** Closes the files and gives them, in the order in which they were begun. `state` names the newest STATE that has come with a unit. */
  async take(state: string): Promise<Spooled[]> {
    for (const growing of this.#files) await this.#leaveOutIfKnown(growing);
    const files = this.#files;
    const coveredBy = this.#isCovered ? state : '';
    this.#files = [];
    this.#open = new Map();
    this.bytes = 0;
    const spooled: Spooled[] = [];
    for (const growing of files) {
      const { activate, behind, digest, file, known } = growing;
      growing.staging?.proof?.end();
      // From here on the rows are others.
      if (digest.rows > 0) known?.end();
      if (behind === undefined) spooled.push(await ended(growing, file, digest, coveredBy, activate));
      else if (behind.digest.rows === 0) spooled.push(await ended(growing, file, digest, state, activate));
      else {
        const rest = await file.split(await this.#nextPath());
        spooled.push(await ended(growing, file, behind.before, state), await ended(growing, rest, behind.digest, '', activate));
      }
    }
    return spooled;
  }

  /** Deletes what is left. */
  async close(): Promise<void> {
    // One that could not be made has ended the run.
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  /** The newest STATE has come here. */
  #mark(growing: Growing): void {
    const { digest, file, plan } = growing;
    if (digest.rows === 0 || plan.method !== 'append') return;
    growing.behind = { before: seenBy(digest), digest: this.#newDigest(plan) };
    file.mark();
  }

  async #addPart({ activate, blocks, plan, rows }: PlannedPart): Promise<void> {
    let growing = this.#open.get(plan) ?? (await this.#begin(plan, this.#o.stagingOf(plan)));
    const { staging } = growing;
    if (staging !== undefined && blocks.length > 0) {
      staging.facts.add(blocks);
      if (staging.proof?.add(blocks) === false) growing.isNumbered = true;
    }
    if (growing.known?.isLooking === true) growing = await this.#addOthers(growing, blocks);
    else await this.#addAll(growing, blocks, rows);
    if (activate === undefined) return;
    growing.activate = activate;
    this.#open.delete(plan);
  }

  async #addAll(growing: Growing, blocks: readonly Buffer[], rows: number): Promise<void> {
    growing.digest.addAll(blocks, rows);
    growing.behind?.digest.addAll(blocks, rows);
    await this.#write(growing, blocks);
  }

  /** Gives where the last rows have gone: those of earlier runs are left out, and others begin behind them. */
  async #addOthers(first: Growing, blocks: readonly Buffer[]): Promise<Growing> {
    let growing = first;
    let pieces: Buffer[] = [];
    for (const block of blocks) {
      for (let at = 0; at < block.length;) {
        const { behind, digest, known } = growing;
        const start = at;
        at = digest.add(block, start, known?.next(digest.rows) ?? Infinity);
        const piece = block.subarray(start, at);
        behind?.digest.add(piece, 0, Infinity);
        pieces.push(piece);
        if (!(await this.#leaveOutIfKnown(growing))) continue;
        growing = await this.#begin(growing.plan, growing.staging);
        pieces = [];
      }
    }
    await this.#write(growing, pieces);
    return growing;
  }

  async #write(growing: Growing, blocks: readonly Buffer[]): Promise<void> {
    if (blocks.length === 0) return;
    const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
    growing.bytes += bytes;
    this.bytes += bytes;
    await growing.file.write(growing.isNumbered ? numbered(blocks, growing.staging!.numbers) : blocks);
  }

  async #leaveOutIfKnown(growing: Growing): Promise<boolean> {
    const { activate, bytes, digest, file, known, plan, staging } = growing;
    const load = known?.find(digest);
    if (load === undefined) return false;
    this.#files = this.#files.filter((one) => one !== growing);
    if (this.#open.get(plan) === growing) this.#open.delete(plan);
    this.bytes -= bytes;
    await file.abandon();
    this.#o.onKnown(plan, digest.rows, load.jobId);
    // The job has not activated it.
    if (activate !== undefined) {
      (await this.#begin(plan, staging)).activate = activate;
      this.#open.delete(plan);
    }
    return true;
  }

  async #begin(plan: TablePlan, staging: Staging | undefined): Promise<Growing> {
    const known = this.#o.knownOf(plan);
    // Rows of another schema stand between these and what was found: they are no repetition.
    if (this.#files.some((file) => file.known === known && file.digest.rows > 0)) known?.end();
    const growing: Growing = {
      plan,
      file: new PartFile({ path: await this.#nextPath(), compression: this.#o.compression, pieceBytes: this.#o.pieceBytes }),
      digest: this.#newDigest(plan),
      staging,
      isNumbered: staging !== undefined && staging.proof === undefined,
      known,
      behind: undefined,
      activate: undefined,
      bytes: 0,
    };
    this.#files.push(growing);
    this.#open.set(plan, growing);
    return growing;
  }

  #newDigest(plan: TablePlan): RowDigest {
    return new RowDigest(this.#o.clockBytes?.(plan), this.#scratch);
  }

  async #nextPath(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'tapline-')).catch((cause: unknown) => {
      throw diskFault(tmpdir(), cause);
    });
    return join(await this.#folder, `${this.#made++}.ndjson`);
  }
}

async function ended(
  { isNumbered, plan, staging }: Growing,
  file: PartFile,
  seen: RowsSeen,
  state: string,
  activate?: number,
): Promise<Spooled> {
  await file.end();
  return {
    plan,
    path: file.path,
    bytes: file.bytes,
    pieces: file.pieces,
    ...seenBy(seen),
    state,
    isUnique: staging?.proof !== undefined && !isNumbered,
    ...(staging === undefined ? {} : { facts: staging.facts }),
    ...(activate === undefined ? {} : { activate }),
  };
}

/** As it is now. */
function seenBy({ digest, marks, rows }: RowsSeen): RowsSeen {
  return { rows, digest, marks: [...marks] };
}

/** One after another, because each is a copy. */
function* numbered(blocks: readonly Buffer[], numbers: RowNumbers): Generator<Buffer> {
  for (const block of blocks) yield numbers.number(block);
}
