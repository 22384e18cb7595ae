import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnNames } from '../../../targets/bigquery/names/names.ts';
import { widenColumns } from '../../../targets/bigquery/statements/widen.ts';
import { widened } from '../../../targets/bigquery/types/fits.ts';
import { TYPES, type ColumnType } from '../../../targets/bigquery/types/types.ts';
import { analyze, describeWithAnalyzer, type AnalyzedTable } from '../../support/googlesql/analyze.ts';

const RESERVED = ['at', 'in', 'select', 'group', 'merge', 'order', 'struct', 'from', 'null'];

/** Columns of any names, reserved words among them, and all types. */
const columns = fc
  .dictionary(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom(...RESERVED)), fc.constantFrom(...TYPES), {
    minKeys: 1,
    maxKeys: 8,
    noNullPrototype: true,
  })
  .map((types) => {
    const names = columnNames(Object.keys(types), 'keep', new Set(), new Set());
    return [...names].map(([property, name]) => ({ name, type: { type: types[property]! } satisfies ColumnType }));
  });

await describeWithAnalyzer('Google’s analyzer', () => {
  test('accepts every statement that widens columns, and refuses a wrong one', { timeout: 180_000 }, async () => {
    const samples = fc.sample(columns, { numRuns: 100, seed: 1 });
    const tables: AnalyzedTable[] = samples.map((sample, i) => ({
      project: 'my-project',
      dataset: 'd',
      table: `t${i}`,
      columns: sample,
    }));
    const statements = tables.flatMap(({ project, dataset, table, columns: there }) => {
      const widenings = there.flatMap(({ name, type }) =>
        TYPES.flatMap((wanted) => {
          const wider = widened(type, { type: wanted });
          return wider === undefined || wider.type === type.type ? [] : [{ column: name, type: wider }];
        }).slice(0, 1),
      );
      return widenings.length === 0 ? [] : [widenColumns({ projectId: project, datasetId: dataset, tableId: table }, widenings)];
    });
    expect(statements.length).toBeGreaterThan(30);
    const wrong = [
      'ALTER TABLE `my-project`.`d`.`t0` ALTER COLUMN at SET DATA TYPE NUMERIC',
      'SELECT 1 FROM `my-project`.`d`.`nowhere`',
    ];
    const verdicts = await analyze(tables, [...statements, ...wrong]);
    expect(verdicts.slice(0, -wrong.length).filter((verdict) => verdict !== 'ok')).toEqual([]);
    expect(verdicts.slice(-wrong.length)).not.toContain('ok');
  });
});
