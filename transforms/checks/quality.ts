import { Judge, type Finding, type JudgeOptions } from './judge.ts';

/** All checks of a run. */
export class Quality {
  /** What a check may remember. */
  readonly memoryBytes: number;
  readonly #judges = new Map<string, Judge>();

  constructor(memoryBytes: number) {
    this.memoryBytes = memoryBytes;
  }

  /** The judge of a check; the same one for every SCHEMA of the stream. */
  judge(options: JudgeOptions): Judge {
    const name = JSON.stringify([options.path, options.stream, options.check, options.field ?? null]);
    let judge = this.#judges.get(name);
    if (judge === undefined) this.#judges.set(name, (judge = new Judge(options)));
    return judge;
  }

  get size(): number {
    return this.#judges.size;
  }

  findings(): Finding[] {
    return [...this.#judges.values()].map((judge) => judge.finding());
  }

  /** The first check that is broken and ends the run. */
  broken(): Judge | undefined {
    return [...this.#judges.values()].find((judge) => judge.isFatal && judge.finding().status === 'broken');
  }
}
