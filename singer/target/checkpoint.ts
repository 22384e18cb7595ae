import { ByteBlocks, START, type BlockPool, type Mark } from './blocks.ts';
import type { Encoder, Part, StreamHeader, Unit } from './destination.ts';

/** Encoded records of one stream under one schema, still growing. */
export interface OpenPart {
  readonly header: StreamHeader;
  readonly encoder: Encoder;
  readonly blocks: ByteBlocks;
}

/** A unit as it was cut, with what is to be done once it is committed. */
export interface Cut extends Unit {
  /** Files whose last record is in this unit or was before it. */
  readonly spent: readonly string[];
}

interface Growing extends OpenPart {
  /** Where the newest STATE cuts this part; meaningful while `cutAt` equals the checkpoint's count of STATEs. */
  cut: Mark;
  cutAt: number;
  /** How many STATEs had come when the part was opened. */
  readonly openedAt: number;
  /** False until a unit carried it once, so that a stream without rows still gets its place in the destination. */
  announced: boolean;
  /** A newer part of the stream has replaced it; it stays until its rows have left. */
  closed: boolean;
  /** A version to activate when all its rows have left; `at`: how many STATEs had come. */
  activation: { readonly version: number; readonly at: number } | undefined;
}

/**
 * Decides what is committed together and which STATE may leave with it. Its life: records grow in parts; a STATE marks the
 * place it came at; `take` cuts everything before the newest mark (or all) into a Unit. A unit's state covers everything
 * before it in all streams, so printing it after the unit is durable is safe; nothing here is lost by a crash, because
 * a state that was not printed is read again.
 */
export class Checkpoint {
  readonly #pool: BlockPool;
  #parts: Growing[] = [];
  #state: string | undefined;
  /** How many STATEs came; a part whose `cutAt` is older has had no rows since the newest. */
  #states = 0;
  /** When the oldest STATE that waits came, in ms; undefined if none waits. */
  #stateSince: number | undefined;
  #rowsSince: number | undefined;
  #files: { readonly path: string; readonly at: number }[] = [];

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** A SCHEMA that differs: later records of the stream go into a part of their own, after the earlier ones. */
  open(header: StreamHeader, encoder: Encoder): OpenPart {
    return this.#open(header, encoder, false);
  }

  #open(header: StreamHeader, encoder: Encoder, announced: boolean): OpenPart {
    for (const part of this.#parts) if (part.header.stream === header.stream) part.closed = true;
    const part: Growing = {
      header,
      encoder,
      blocks: new ByteBlocks(this.#pool),
      cut: START,
      cutAt: this.#states,
      openedAt: this.#states,
      announced,
      closed: false,
      activation: undefined,
    };
    this.#parts.push(part);
    return part;
  }

  /** `version` becomes active after the rows of `part`; gives the part for later rows. */
  activate(part: OpenPart, version: number): OpenPart {
    (part as Growing).activation = { version, at: this.#states };
    return this.#open(part.header, part.encoder, true);
  }

  /** The same for a stream that is complete: the newest STATE that covers its rows covers the activation, too. */
  activateCovered(part: OpenPart, version: number): void {
    const growing = part as Growing;
    const isCovered = growing.blocks.rows === this.#cutOf(growing).rows;
    growing.activation = { version, at: isCovered ? -1 : this.#states };
    growing.closed = true;
  }

  /** The records before this place have come from the file. */
  spend(path: string): void {
    this.#files.push({ path, at: this.#states });
  }

  /** Must be called before records are added to `part`; `now` in ms. */
  touch(part: OpenPart, now: number): void {
    const growing = part as Growing;
    this.#rowsSince ??= now;
    if (growing.cutAt === this.#states) return;
    growing.cutAt = this.#states;
    growing.cut = growing.blocks.mark();
  }

  /** A STATE came; `text` is its value as compact JSON. */
  state(text: string, now: number): void {
    this.#state = text;
    this.#states++;
    this.#stateSince ??= now;
  }

  get stateSince(): number | undefined {
    return this.#stateSince;
  }

  get rowsSince(): number | undefined {
    return this.#rowsSince;
  }

  /** Rows and bytes that wait. */
  size(): { readonly rows: number; readonly bytes: number } {
    let rows = 0;
    let bytes = 0;
    for (const { blocks } of this.#parts) {
      rows += blocks.rows;
      bytes += blocks.size;
    }
    return { rows, bytes };
  }

  /** Rows after the newest STATE, by stream. */
  uncovered(): ReadonlyMap<string, number> {
    const rows = new Map<string, number>();
    for (const part of this.#parts) {
      const after = part.blocks.rows - this.#cutOf(part).rows;
      if (after > 0) rows.set(part.header.stream, (rows.get(part.header.stream) ?? 0) + after);
    }
    return rows;
  }

  /** True if something waits that the newest STATE does not cover: rows, a new stream, or a version to activate. */
  get hasUncovered(): boolean {
    return this.#parts.some((part) => {
      const { activation, announced, blocks, openedAt } = part;
      if (openedAt === this.#states) return !announced || activation !== undefined || blocks.rows > 0;
      return blocks.rows > this.#cutOf(part).rows || (activation !== undefined && !this.#isCovered(activation));
    });
  }

  /** Everything before the newest STATE, with it; undefined if no STATE waits. */
  takeCovered(last: boolean): Cut | undefined {
    if (this.#state === undefined) return undefined;
    return this.#take(
      last,
      this.#parts.filter((part) => part.openedAt < this.#states),
      (part) => this.#cutOf(part),
      (place) => this.#isCovered(place),
    );
  }

  /** Everything, without a state: no STATE waits, or it was taken before. */
  takeAll(last: boolean): Cut {
    return this.#take(
      last,
      this.#parts,
      (part) => part.blocks.mark(),
      () => true,
    );
  }

  #cutOf(part: Growing): Mark {
    return part.cutAt === this.#states ? part.cut : part.blocks.mark();
  }

  #isCovered({ at }: { readonly at: number }): boolean {
    return at < this.#states;
  }

  #take(
    last: boolean,
    from: readonly Growing[],
    cutOf: (part: Growing) => Mark,
    isDue: (place: { readonly at: number }) => boolean,
  ): Cut {
    const parts: Part[] = [];
    for (const part of from) {
      const cut = cutOf(part);
      const { activation } = part;
      const due = activation !== undefined && isDue(activation);
      if (cut.rows === 0 && part.announced && !due) continue;
      part.announced = true;
      const { header, encoder } = part;
      parts.push({ header, encoder, ...part.blocks.splitAt(cut), ...(due ? { activate: activation.version } : {}) });
      part.cut = START;
      part.cutAt = this.#states;
      if (due) part.activation = undefined;
    }
    const state = this.#state;
    this.#parts = this.#parts.filter(
      (part) => !part.closed || !part.announced || part.blocks.rows > 0 || part.activation !== undefined,
    );
    const spent = this.#files.filter(isDue).map(({ path }) => path);
    this.#files = this.#files.filter((file) => !isDue(file));
    this.#state = undefined;
    this.#stateSince = undefined;
    this.#rowsSince = this.#parts.some((part) => part.blocks.rows > 0) ? Date.now() : undefined;
    return { parts, state, last, spent };
  }
}
