import { describe, expect, test } from 'vitest';
import { takes, widened } from '../../../../targets/bigquery/types/fits.ts';
import { TYPES, type ColumnType } from '../../../../targets/bigquery/types/types.ts';

const plain = TYPES.map((type): ColumnType => ({ type }));
const sized = (precision: number, scale: number): ColumnType => ({ type: 'NUMERIC', precision, scale });

describe('what a column takes', () => {
  test('every type takes its own values, and JSON and STRING take all', () => {
    for (const type of plain) {
      expect(takes(type, type)).toBe(true);
      expect(takes({ type: 'JSON' }, type)).toBe(true);
      expect(takes({ type: 'STRING' }, type)).toBe(true);
    }
  });

  test('what a column becomes takes both what it had and what comes', () => {
    for (const there of [...plain, sized(5, 2), sized(38, 9)]) {
      for (const wanted of [...plain, sized(7, 1), sized(30, 9)]) {
        if (takes(there, wanted)) continue;
        const wider = widened(there, wanted);
        if (wider !== undefined) expect([takes(wider, there), takes(wider, wanted)]).toEqual([true, true]);
      }
    }
  });

  test('integers never become doubles, though BigQuery would allow it', () => {
    expect(widened({ type: 'INT64' }, { type: 'FLOAT64' })).toEqual({ type: 'BIGNUMERIC' });
    expect(widened({ type: 'INT64' }, { type: 'NUMERIC' })).toEqual({ type: 'NUMERIC' });
    expect(widened({ type: 'INT64' }, { type: 'STRING' })).toBeUndefined();
  });

  test('sizes grow on both sides of the point', () => {
    expect(takes(sized(12, 2), sized(10, 2))).toBe(true);
    expect(takes(sized(12, 2), { type: 'INT64' })).toBe(false);
    expect(widened(sized(5, 2), sized(7, 1))).toEqual(sized(8, 2));
    expect(widened(sized(5, 2), { type: 'INT64' })).toEqual({ type: 'NUMERIC' });
  });
});
