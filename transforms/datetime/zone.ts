import { createRequire } from 'node:module';
import type { IANAZone } from 'luxon';
import { nearest } from '../../singer/index.ts';
import { DAY_SECONDS } from './calendar.ts';

/** Days whose offset is remembered: nearly three centuries. */
const REMEMBERED = 100_000;

/**
 * A time zone of the IANA database. Offsets are seconds east of UTC, times seconds from 1970-01-01T00:00:00. What the clocks show today
 * plays no part in any answer.
 */
export class Zone {
  readonly isUtc: boolean;
  readonly #zone: IANAZone | undefined;
  /** By day: the offset at its start in UTC. */
  readonly #starts = new Map<number, number>();
  /** By day on which the offset changes: when. */
  readonly #turns = new Map<number, number>();
  /** By local day: the one offset that holds all through it and its neighbours; NaN if there are several. */
  readonly #days = new Map<number, number>();

  constructor(zone: IANAZone | undefined) {
    this.#zone = zone;
    this.isUtc = zone === undefined;
  }

  /** The offset at an instant. */
  offsetAt(instant: number): number {
    if (this.#zone === undefined) return 0;
    const day = Math.floor(instant / DAY_SECONDS);
    const start = this.#start(day);
    const next = this.#start(day + 1);
    // No clock was ever turned twice within a day.
    return start === next || instant < this.#turn(day, next) ? start : next;
  }

  /** The offset of a local time on a day without any change of the clocks near it; undefined if there may be one. */
  steadyOffset(local: number): number | undefined {
    if (this.#zone === undefined) return 0;
    const day = Math.floor(local / DAY_SECONDS);
    let offset = this.#days.get(day);
    if (offset === undefined) {
      const starts = [day - 1, day, day + 1, day + 2].map((near) => this.#start(near));
      offset = starts.every((start) => start === starts[0]) ? starts[0]! : Number.NaN;
      if (this.#days.size >= REMEMBERED) this.#days.clear();
      this.#days.set(day, offset);
    }
    return Number.isNaN(offset) ? undefined : offset;
  }

  /** The offsets at which clocks showed a local time, the earlier instant first: none in a gap, two where it came twice. */
  offsetsOf(local: number): number[] {
    const near = [-1, 0, 1, 2].map((day) => this.#start(Math.floor(local / DAY_SECONDS) + day));
    return [...new Set(near)].filter((offset) => this.offsetAt(local - offset) === offset).toSorted((a, b) => b - a);
  }

  /** The offset before the gap in which a local time lies. */
  offsetBefore(local: number): number {
    return this.offsetAt(local - DAY_SECONDS - this.#start(Math.floor(local / DAY_SECONDS) - 1));
  }

  /** The instant within a day from which on the offset is `next`. */
  #turn(day: number, next: number): number {
    let turn = this.#turns.get(day);
    if (turn === undefined) {
      let before = day * DAY_SECONDS;
      turn = before + DAY_SECONDS;
      while (turn - before > 1) {
        const middle = Math.floor((before + turn) / 2);
        if (this.#ask(middle) === next) turn = middle;
        else before = middle;
      }
      if (this.#turns.size >= REMEMBERED) this.#turns.clear();
      this.#turns.set(day, turn);
    }
    return turn;
  }

  #start(day: number): number {
    let offset = this.#starts.get(day);
    if (offset === undefined) {
      offset = this.#ask(day * DAY_SECONDS);
      if (this.#starts.size >= REMEMBERED) this.#starts.clear();
      this.#starts.set(day, offset);
    }
    return offset;
  }

  #ask(instant: number): number {
    return Math.round(this.#zone!.offset(instant * 1000) * 60);
  }
}

/** Finds zones by name; undefined if there is none. */
export type Zones = (name: string) => Zone | undefined;

/** Names that records may hold are without number. */
const MOST_ZONES = 1000;

/**
 * Zones by IANA name. Abbreviations (`EST`, `IST`) are none: they mean several things, or a fixed offset that nobody thinks of.
 */
export function createZones(): Zones {
  const known = new Map<string, Zone | undefined>();
  return (name) => {
    if (!known.has(name)) {
      if (known.size >= MOST_ZONES) known.clear();
      known.set(name, zoneOf(name));
    }
    return known.get(name);
  };
}

/** What is wrong with the name of a zone that is none. */
export function noZone(name: string): string {
  const near = nearest(name, Intl.supportedValuesOf('timeZone'));
  return `${name} is no zone of the IANA database${near === undefined ? ', such as Europe/Berlin' : `; did you mean ${near}?`}`;
}

function zoneOf(name: string): Zone | undefined {
  if (/^(?:Etc\/)?(?:UTC|GMT)$/i.test(name)) return new Zone(undefined);
  if (!/^[A-Za-z]+\/[\w/+-]+$/.test(name)) return undefined;
  const { IANAZone } = createRequire(import.meta.url)('luxon') as typeof import('luxon');
  return IANAZone.isValidZone(name) ? new Zone(IANAZone.create(name)) : undefined;
}
