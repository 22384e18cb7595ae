/** Days since 1970-01-01; a date without a time. */
export class Day {
  readonly days: number;

  constructor(days: number) {
    this.days = days;
  }

  get hash(): string {
    return `day ${this.days}`;
  }

  get civil(): Civil {
    return civilOf(BigInt(this.days) * MICROS_PER_DAY);
  }

  toString(): string {
    return dayText(this.civil);
  }
}

/** A date and a time of day, with or without an offset from UTC. */
export class Moment {
  /** Microseconds from 1970-01-01T00:00:00 on the clock that shows it. */
  readonly micros: bigint;
  /** Seconds east of UTC; undefined: unknown. */
  readonly offset: number | undefined;

  constructor(micros: bigint, offset: number | undefined) {
    this.micros = micros;
    this.offset = offset;
  }

  /** Microseconds since the epoch; of an unknown offset as if it were UTC. */
  get instant(): bigint {
    return this.micros - BigInt(this.offset ?? 0) * MICROS_PER_SECOND;
  }

  get hash(): string {
    return `${this.offset === undefined ? 'local' : 'utc'} ${this.instant}`;
  }

  get civil(): Civil {
    return civilOf(this.micros);
  }

  /** ISO 8601, as `isoformat` and `str` of Python with another separator. */
  toString(separator = 'T'): string {
    const { hour, minute, second, micro } = this.civil;
    const fraction = micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`;
    const time = `${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
    return `${dayText(this.civil)}${separator}${time}${offsetText(this.offset, ':')}`;
  }
}

/** A length of time. */
export class Span {
  readonly micros: bigint;

  constructor(micros: bigint) {
    this.micros = micros;
  }

  get hash(): string {
    return `span ${this.micros}`;
  }

  get days(): number {
    return Number(floorDivide(this.micros, MICROS_PER_DAY));
  }

  /** Below a day. */
  get seconds(): number {
    return Number((this.micros - BigInt(this.days) * MICROS_PER_DAY) / MICROS_PER_SECOND);
  }

  toString(): string {
    const { days, seconds } = this;
    const micro = Number(this.micros - BigInt(days) * MICROS_PER_DAY) % 1_000_000;
    const time = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    const fraction = micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`;
    const whole = days === 0 ? '' : `${days} day${Math.abs(days) === 1 ? '' : 's'}, `;
    return `${whole}${time}${fraction}`;
  }
}

/** An offset from UTC, in seconds. */
export class Zone {
  readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }

  get hash(): string {
    return `zone ${this.offset}`;
  }

  toString(): string {
    return this.offset === 0 ? 'UTC' : `UTC${offsetText(this.offset, ':')}`;
  }
}

/** A date and time as a clock and a calendar show it. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
}

export const MICROS_PER_SECOND = 1_000_000n;
export const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function civilOf(micros: bigint): Civil {
  const millis = floorDivide(micros, 1000n);
  const date = new Date(Number(millis));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    micro: date.getUTCMilliseconds() * 1000 + Number(micros - millis * 1000n),
  };
}

/** Microseconds of a date and time; undefined if the calendar or the clock has no such. Years from 1 to 9999. */
export function microsOf({ year, month, day, hour, minute, second, micro }: Civil): bigint | undefined {
  const parts = [year, month, day, hour, minute, second, micro];
  if (!parts.every(Number.isInteger)) return undefined;
  if (year < 1 || year > 9999 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;
  if (second < 0 || second > 59 || micro < 0 || micro > 999_999) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second);
  return BigInt(date.getTime()) * 1000n + BigInt(micro);
}

/** True for what years 1 to 9999 hold. */
export function isInCalendar(micros: bigint): boolean {
  return micros >= FIRST && micros < LAST;
}

const FIRST = -62_135_596_800_000_000n;
const LAST = BigInt(Date.UTC(10_000, 0, 1)) * 1000n;

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function dayText({ year, month, day }: Civil): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

export function offsetText(offset: number | undefined, colon: string): string {
  if (offset === undefined) return '';
  const size = Math.abs(offset);
  const seconds = size % 60 === 0 ? '' : `${colon}${two(size % 60)}`;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}${colon}${two(Math.floor(size / 60) % 60)}${seconds}`;
}
