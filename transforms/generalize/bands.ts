import { ValueFault } from '../fault.ts';
import type { Field, Step } from '../operation.ts';
import { schemaLike } from '../schemas.ts';
import { clean, isWholeNumber, numberOf } from './numbers.ts';

/** The index of the band of a value: 0 below the first edge, n from the nth edge on. */
export function bandOf(edges: readonly number[], value: number): number {
  let band = 0;
  while (band < edges.length && value >= edges[band]!) band++;
  return band;
}

/** Names of all bands: `<18`, `18-64`, `65+`. */
export function bandNames(edges: readonly number[], isWhole: boolean): string[] {
  const between = edges.slice(1).map((end, index) => bandName(edges[index]!, end, isWhole));
  return [`<${edges[0]}`, ...between, `${edges.at(-1)}+`];
}

/** `20-29` where values are whole numbers, else `20 to <30`. */
export function bandName(from: number, end: number, isWhole: boolean): string {
  if (!isWhole || !Number.isInteger(from) || !Number.isInteger(end)) return `${from} to <${end}`;
  if (end - from === 1) return String(from);
  return from < 0 ? `${from} to ${end - 1}` : `${from}-${end - 1}`;
}

export interface Bucket {
  readonly width: number | undefined;
  readonly edges: readonly number[] | undefined;
  readonly labels: readonly string[] | undefined;
  readonly as: 'label' | 'lower';
}

/** A step that puts the band of a number in its place. */
export function bucketStep({ as, edges, labels, width }: Bucket, field: Field): Step {
  const { schema } = field;
  const isWhole = isWholeNumber(schema);
  if ((width === undefined) === (edges === undefined)) field.problem('must say either width or edges', 'bucket');
  if (width !== undefined && width <= 0) field.problem('must be more than 0', 'bucket.width');
  if (edges !== undefined && (edges.length === 0 || !isRising(edges))) field.problem('must be numbers that rise', 'bucket.edges');
  if (labels !== undefined && labels.length !== (edges?.length ?? -1) + 1) {
    field.problem('must be one more than there are edges', 'bucket.labels');
  }
  if (labels !== undefined && as === 'lower') field.problem('mean nothing beside as: lower', 'bucket.labels');
  if (width !== undefined) {
    const lowerOf = (value: number): number => clean(Math.floor(clean(value / width)) * width) + 0;
    if (as === 'lower') {
      const lower = schemaLike(schema, Number.isInteger(width) ? 'integer' : 'number');
      return { schema: lower, apply: (value) => lowerOf(numberOf(value)) };
    }
    return {
      schema: schemaLike(schema, 'string'),
      apply(value) {
        const lower = lowerOf(numberOf(value));
        return bandName(lower, clean(lower + width), isWhole);
      },
    };
  }
  const starts = edges ?? [];
  if (as === 'lower') {
    return {
      schema: schemaLike(schema, starts.every(Number.isInteger) ? 'integer' : 'number'),
      apply(value) {
        const lower = starts[bandOf(starts, numberOf(value)) - 1];
        if (lower === undefined) throw new ValueFault('out-of-range', 'is below the first edge');
        return lower;
      },
    };
  }
  const names = labels ?? bandNames(starts, isWhole);
  return { schema: schemaLike(schema, 'string'), apply: (value) => names[bandOf(starts, numberOf(value))]! };
}

export function isRising(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
}
