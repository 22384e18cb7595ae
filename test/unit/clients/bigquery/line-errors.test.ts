import { describe, expect, test } from 'vitest';
import { lineErrors } from '../../../../clients/bigquery/line-errors.ts';
import { jobFault } from '../../../../clients/bigquery/errors.ts';

const SUMMARY = {
  reason: 'invalid',
  message:
    'Error while reading data, error message: JSON table encountered too many errors, giving up. Rows: 4; errors: 2. Please look into the errors[] collection for more details.',
};
const said = (message: string): object => ({ reason: 'invalid', message: `Error while reading data, error message: ${message}` });

describe('the errors of a load job', () => {
  test.each([
    [
      'JSON parsing error in row starting at position 12: Could not convert value to integer. Field: age; Value: s3cret',
      { position: 12, column: 'age', rule: 'type' },
    ],
    [
      'JSON parsing error in row starting at position 0: No such field: nick.',
      { position: 0, column: 'nick', rule: 'unknown-field' },
    ],
    [
      'JSON parsing error in row starting at position 7: Only optional fields can be set to NULL. Field: id; Value: NULL',
      { position: 7, column: 'id', rule: 'required' },
    ],
    [
      'JSON processing encountered too many errors; byte_offset to start of line: 99 Field: name: maximum length 3',
      { position: 99, column: 'name', rule: 'maxLength' },
    ],
    ['Row size is larger than: 104857600. File: 0 / Offset:33', { position: 33, rule: 'row-size' }],
  ])('%s', (message, line) => {
    expect(lineErrors([SUMMARY, said(message)])).toEqual([line]);
  });

  test('each line is told once, in order; a summary is no line', () => {
    const at = (position: number): object => said(`JSON parsing error in row starting at position ${position}: x`);
    expect(lineErrors([SUMMARY, at(30), at(10), at(30)]).map(({ position }) => position)).toEqual([10, 30]);
  });

  test('the error of the job names lines, columns and rules, and no value', () => {
    const errors = [
      SUMMARY,
      said('JSON parsing error in row starting at position 12: Could not convert value to integer. Field: age; Value: s3cret'),
    ];
    const fault = jobFault(errors, 'Loading people', { table: 'people' });
    expect(fault).toMatchObject({ code: 'refused', facts: { lines: [{ position: 12, column: 'age', rule: 'type' }] } });
    expect(JSON.stringify([fault.message, fault.facts, fault.hint])).not.toContain('s3cret');
  });

  test('a job that fails for another reason than its rows names no lines', () => {
    const fault = jobFault([{ reason: 'invalid', message: 'Provided Schema does not match Table p:d.t' }], 'Loading', {});
    expect(fault.facts).not.toHaveProperty('lines');
  });
});
