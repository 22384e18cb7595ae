import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnNames } from '../../../targets/bigquery/names/names.ts';
import { mergeRows, ORDER, replaceRows, type Bounds, type MergedColumn } from '../../../targets/bigquery/statements/merge.ts';
import { deleteAll, deleteOlder, markOlder } from '../../../targets/bigquery/statements/versions.ts';
import { typedView } from '../../../targets/bigquery/statements/view.ts';
import { widenColumns } from '../../../targets/bigquery/statements/widen.ts';
import { widened } from '../../../targets/bigquery/types/fits.ts';
import { METADATA_TYPES, TYPES, type BigQueryType, type ColumnType } from '../../../targets/bigquery/types/types.ts';
import { analyze, describeWithAnalyzer, type AnalyzedTable } from '../../support/googlesql/analyze.ts';

const RESERVED = ['at', 'in', 'select', 'group', 'merge', 'order', 'struct', 'from', 'null'];

/** Bounds as our rows give them. */
const LITERALS: Readonly<Partial<Record<BigQueryType, string>>> = {
  INT64: '-9007199254740993',
  DATE: "DATE '0001-01-01'",
  TIMESTAMP: "TIMESTAMP '9999-12-31 23:59:59.999999+00'",
};

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

/** A merge of columns of all names and types, with our own columns or without. */
const merge = fc
  .tuple(columns, fc.boolean(), fc.nat(), fc.nat(), fc.boolean(), fc.boolean())
  .map(([data, withOurs, keyBits, nullBits, deletes, hasNull]) => {
    const own = withOurs ? Object.entries(METADATA_TYPES).map(([name, type]) => ({ name, type: { type } })) : [];
    const all = [...data, ...own].map((column, i): MergedColumn => ({ ...column, compared: i % 3 !== 2 }));
    const keys = data.filter((_, i) => i === 0 || (keyBits >> i) % 2 === 1);
    const nullKeys = new Set(keys.filter((_, i) => (nullBits >> i) % 2 === 1).map(({ name }) => name));
    const bounded = keys.find(({ type }) => LITERALS[type.type] !== undefined);
    const literal = LITERALS[bounded?.type.type ?? 'JSON'];
    const bounds: Bounds | undefined =
      bounded === undefined || literal === undefined
        ? undefined
        : { column: bounded.name, hasNull, range: nullKeys.size === 1 && hasNull ? undefined : [literal, literal] };
    return {
      columns: all,
      keys: keys.map(({ name }) => name),
      nullKeys,
      bounds,
      deletedAt: withOurs && deletes ? '_sdc_deleted_at' : undefined,
    };
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

  test('accepts every statement of the load methods, for keys of all types and names', { timeout: 180_000 }, async () => {
    const merges = fc.sample(merge, { numRuns: 60, seed: 2 });
    const tables = merges.flatMap(({ columns: there }, i): AnalyzedTable[] => [
      { project: 'my-project', dataset: 'd', table: `t${i}`, columns: there },
      { project: 'my-project', dataset: 'd', table: `s${i}`, columns: [...there, { name: ORDER, type: { type: 'INT64' } }] },
    ]);
    const statements = merges.flatMap(({ bounds, columns: there, deletedAt, keys, nullKeys }, i) => {
      const [target, stage] = [`t${i}`, `s${i}`].map((tableId) => ({ projectId: 'my-project', datasetId: 'd', tableId }));
      const table = target!;
      const rows = { target: table, stage: stage!, columns: there };
      return [
        mergeRows({ ...rows, keys, nullKeys, ...(bounds && { bounds }), ...(deletedAt && { deletedAt }) }),
        replaceRows({ ...rows, keys }),
        replaceRows({ ...rows, keys: [] }),
        deleteAll(table),
        ...(there.some(({ name }) => name === '_sdc_table_version') ? [deleteOlder(table, 7), markOlder(table, 7)] : []),
      ];
    });
    const properties = fc.sample(fc.string({ minLength: 1 }), { numRuns: 60, seed: 3 });
    const views = TYPES.flatMap((type, i) =>
      properties.map((property, j) => {
        const reference = { projectId: 'my-project', datasetId: 'd', tableId: 'raw' };
        const own = { name: 'at', column: 'id', type: { type: 'INT64' } } as const;
        return typedView(reference, 'data', [own, { name: `c${i}_${j}`, property, type: { type } }]);
      }),
    );
    const raw = { id: 'INT64', data: 'JSON' } as const;
    tables.push({
      project: 'my-project',
      dataset: 'd',
      table: 'raw',
      columns: Object.entries(raw).map(([name, type]) => ({ name, type: { type } })),
    });
    statements.push(...views);
    const verdicts = await analyze(tables, statements);
    expect(statements.flatMap((sql, i) => (verdicts[i] === 'ok' ? [] : [[verdicts[i], sql]]))).toEqual([]);
    expect(statements.filter((sql) => sql.includes('BETWEEN')).length).toBeGreaterThan(10);
    expect(statements.filter((sql) => sql.includes('TO_JSON_STRING(T.')).length).toBeGreaterThan(10);
  });
});
