import type { Part, StreamHeader } from '../../singer/index.ts';
import type { OpenConfig } from './open.ts';
import type { TablePlan } from './tables/plan.ts';

/** What a SCHEMA message has made of its stream. */
export interface Opened {
  readonly plan: TablePlan;
  /** With the stream's own settings. */
  readonly config: OpenConfig;
}

/** The streams of a run, as their SCHEMAs have announced them. */
export class OpenStreams {
  readonly #byHeader = new WeakMap<StreamHeader, Opened>();
  /** By stream, as last announced. */
  readonly #newest = new Map<string, Opened>();
  /** Streams whose table was not there when they were announced first. */
  readonly #new = new Set<string>();

  add(header: StreamHeader, opened: Opened, isNew: boolean): void {
    this.#byHeader.set(header, opened);
    if (isNew && !this.#newest.has(header.stream)) this.#new.add(header.stream);
    this.#newest.set(header.stream, opened);
  }

  /** Undefined for a stream that is left out. */
  get(header: StreamHeader): Opened | undefined {
    return this.#byHeader.get(header);
  }

  of(part: Part): Opened {
    return this.#byHeader.get(part.header)!;
  }

  newestOf(stream: string): Opened {
    return this.#newest.get(stream)!;
  }

  get newest(): readonly Opened[] {
    return [...this.#newest.values()];
  }

  /** True when the run makes the stream's table. */
  isNew(stream: string): boolean {
    return this.#new.has(stream);
  }

  /** True when a stream replaces what is in its table. */
  get overwrites(): boolean {
    return this.newest.some(({ plan }) => plan.method === 'overwrite');
  }

  /** Plans whose tables must be ours alone while these parts are written; in one order everywhere, so that two runs do not wait for each other. */
  toLock(parts: readonly Part[]): readonly TablePlan[] {
    const touching = parts.filter((part) => {
      const { method } = this.of(part).plan;
      return (method === 'upsert' && part.rows > 0) || (method !== 'overwrite' && part.activate !== undefined);
    });
    const plans = new Map(touching.map((part) => this.of(part).plan).map((plan) => [`${plan.schema}\0${plan.table}`, plan]));
    return [...plans].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, plan]) => plan);
  }
}
