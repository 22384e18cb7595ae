import { columnOf, ExactNumber, type Json, type JsonSchema } from '../../singer/index.ts';
import { type Compare, compareOf, numberIn } from '../compare.ts';
import { exactNumber, textOfDecimal } from '../numbers/decimal.ts';
import { ExactSum, isSummable } from '../numbers/exact-sum.ts';
import { nullable } from '../schemas.ts';

export const FUNCTIONS = ['count', 'sum', 'mean', 'min', 'max', 'std', 'var', 'median', 'first', 'last'] as const;
export type Function = (typeof FUNCTIONS)[number];

/** Functions that count with values, so that these must be numbers. */
const NUMERIC: ReadonlySet<Function> = new Set(['sum', 'mean', 'std', 'var', 'median']);
const ORDERING: ReadonlySet<Function> = new Set(['min', 'max']);

/** What of a field's values is gathered, and how. */
export interface StatsPlan {
  readonly functions: readonly Function[];
  /** The values are read as numbers. */
  readonly isNumeric: boolean;
  readonly type: 'integer' | 'number' | 'decimal' | 'other';
  /** All values are kept. */
  readonly keepsAll: boolean;
  readonly compare: Compare | undefined;
  /** Taken from the number of values when the variance is divided: 1 of a sample, 0 of a population. */
  readonly ddof: number;
}

/** Plans the functions of one field. Tells `problem` of one that its type does not have. */
export function statsPlan(
  functions: readonly Function[],
  schema: JsonSchema,
  { std, problem }: { std: 'sample' | 'population'; problem: (message: string) => void },
): StatsPlan {
  const { type } = columnOf('', schema);
  const numeric = type === 'integer' || type === 'number' || type === 'decimal' ? type : undefined;
  const counting = functions.filter((name) => NUMERIC.has(name));
  if (counting.length > 0 && numeric === undefined) problem(`${counting.join(', ')} need numbers; the schema says ${type}`);
  const compare = compareOf(schema);
  if (compare === undefined && functions.some((name) => ORDERING.has(name)))
    problem(`min and max need an order; ${type} has none`);
  return {
    functions,
    isNumeric: counting.length > 0,
    type: numeric ?? 'other',
    keepsAll: functions.includes('median'),
    compare,
    ddof: std === 'sample' ? 1 : 0,
  };
}

/** The schema of what a function gives for a field. */
export function resultSchema(name: Function, schema: JsonSchema, { type }: StatsPlan): JsonSchema {
  if (name === 'count') return { type: ['integer'] };
  if (name !== 'sum') return NUMERIC.has(name) ? { type: ['number', 'null'] } : nullable(schema);
  if (type === 'decimal') return { type: ['string', 'null'], format: 'singer.decimal' };
  return { type: [type === 'integer' ? 'integer' : 'number', 'null'] };
}

/** Why a value cannot be taken. */
export type Refusal = 'not-a-number' | 'wrong-kind';

/** What is gathered of one field in one window. Null is no value. */
export class Stats {
  readonly #plan: StatsPlan;
  #count = 0;
  /** Sum of numbers: what floating point loses is kept beside it (Neumaier). */
  #sum = 0;
  #lost = 0;
  /** Sum of integers beyond those that a number holds exactly, and of decimals. */
  #exact: ExactSum | undefined;
  /** Welford's running mean and sum of squared differences. */
  #mean = 0;
  #squares = 0;
  #min: Json = null;
  #max: Json = null;
  #first: Json = null;
  #firstAt = 0;
  #last: Json = null;
  #lastAt = 0;
  readonly #all: number[] = [];

  constructor(plan: StatsPlan) {
    this.#plan = plan;
    if (plan.type === 'decimal') this.#exact = new ExactSum();
  }

  /** Takes a value, or says why it cannot; `at` is its time. Only `check`ed values may be given. */
  add(value: Json, at: number): void {
    const { compare, isNumeric, keepsAll } = this.#plan;
    if (isNumeric) this.#addNumber(value, keepsAll);
    this.#count++;
    if (this.#count === 1) {
      this.#min = this.#max = this.#first = this.#last = value;
      this.#firstAt = this.#lastAt = at;
      return;
    }
    if (compare !== undefined) {
      if (compare(value, this.#min)! < 0) this.#min = value;
      if (compare(value, this.#max)! > 0) this.#max = value;
    }
    if (at < this.#firstAt) {
      this.#first = value;
      this.#firstAt = at;
    }
    if (at >= this.#lastAt) {
      this.#last = value;
      this.#lastAt = at;
    }
  }

  #addNumber(value: Json, keepsAll: boolean): void {
    const number = typeof value === 'number' ? value : numberOf(value);
    const sum = this.#sum + number;
    this.#lost += Math.abs(this.#sum) >= Math.abs(number) ? this.#sum - sum + number : number - sum + this.#sum;
    if (this.#plan.type !== 'number') this.#addExact(value, sum);
    this.#sum = sum;
    const difference = number - this.#mean;
    this.#mean += difference / (this.#count + 1);
    this.#squares += difference * (number - this.#mean);
    if (keepsAll) this.#all.push(number);
  }

  #addExact(value: Json, sum: number): void {
    const isSafe = typeof value === 'number' && Number.isSafeInteger(value) && Number.isSafeInteger(sum);
    if (this.#exact === undefined && isSafe) return;
    if (this.#exact === undefined) {
      this.#exact = new ExactSum();
      this.#exact.add(numberIn(this.#sum)!);
    }
    this.#exact.add(numberIn(value)!);
  }

  /** What a function gives; null if there was no value, but for the count. */
  result(name: Function): Json {
    return this.#count === 0 && name !== 'count' ? null : Stats.#results[name](this);
  }

  static readonly #results: Readonly<Record<Function, (stats: Stats) => Json>> = {
    count: (stats) => stats.#count,
    sum: (stats) => stats.#total(),
    mean: (stats) => (stats.#sum + stats.#lost) / stats.#count,
    var: (stats) => stats.#variance(),
    std: (stats) => {
      const variance = stats.#variance();
      return variance === null ? null : Math.sqrt(variance);
    },
    median: (stats) => stats.#median(),
    min: (stats) => stats.#min,
    max: (stats) => stats.#max,
    first: (stats) => stats.#first,
    last: (stats) => stats.#last,
  };

  #variance(): number | null {
    const divisor = this.#count - this.#plan.ddof;
    return divisor <= 0 ? null : this.#squares / divisor;
  }

  #median(): number {
    const sorted = Float64Array.from(this.#all).toSorted();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }

  #total(): Json {
    if (this.#exact === undefined) return this.#sum + this.#lost;
    const { text } = this.#exact;
    return this.#plan.type === 'decimal' ? text : exactNumber(text);
  }
}

/** Why a value cannot be taken by a plan; undefined if it can. */
export function refusalOf(value: Json, { compare, isNumeric, type, functions }: StatsPlan): Refusal | undefined {
  if (isNumeric) {
    if (typeof value === 'number' && (type !== 'integer' || Number.isInteger(value))) return undefined;
    const decimal = type === 'decimal' || typeof value !== 'string' ? numberIn(value) : undefined;
    if (decimal === undefined || !isSummable(decimal) || !Number.isFinite(numberOf(value))) return 'not-a-number';
    return type === 'integer' && textOfDecimal(decimal).includes('.') ? 'not-a-number' : undefined;
  }
  if (compare !== undefined && functions.some((name) => ORDERING.has(name)) && compare(value, value) === undefined)
    return 'wrong-kind';
  return undefined;
}

/** The nearest number that floating point has. */
function numberOf(value: Json): number {
  return Number(value instanceof ExactNumber ? value.text : value);
}
