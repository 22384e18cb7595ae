import { describe, expect, it } from 'vitest';
import type { StreamHeader } from '../../../../singer/index.ts';
import { columnsOf } from '../../../../singer/target/schema.ts';
import { changesFor } from '../../../../targets/postgres/tables/ddl.ts';
import { planTable, type PlanOptions, type TablePlan } from '../../../../targets/postgres/tables/plan.ts';
import type { TableView } from '../../../../targets/postgres/tables/properties.ts';
import { DEFAULT_TYPES } from '../../../../targets/postgres/types/types.ts';
import { existingColumn, existingTable } from './existing.ts';

const options: PlanOptions = {
  loadMethod: 'upsert',
  metadata: true,
  hardDelete: false,
  names: { casing: 'lower', maxBytes: 63 },
  types: DEFAULT_TYPES,
  policies: { newColumn: 'evolve', typeChange: 'evolve', missingColumn: 'keep', keyChange: 'fail', maxRewriteRows: 1000 },
  notesChanges: false,
};

function header(properties: Record<string, object>, keys: readonly string[]): StreamHeader {
  const schema = { type: 'object', properties };
  return { stream: 'orders', schema, columns: columnsOf(schema), keys, notesChanges: false };
}

const plan = (of: StreamHeader, more: Partial<PlanOptions> = {}, skip: readonly string[] = []): TablePlan =>
  planTable(of, { schema: 's', table: 't' }, { ...options, ...more }, viewOf(skip));

/** A table whose columns of these names are generated. */
function viewOf(generated: readonly string[]): TableView {
  const columns = generated.map((name) => [name, existingColumn({ name, generated: true })] as const);
  const existing = generated.length === 0 ? undefined : existingTable({ columns: new Map(columns) });
  return { existing, promised: new Map(), wide: new Set() };
}

const id = { type: 'integer' };
const text = { type: ['string', 'null'] };

describe('the plan of a table', () => {
  it('puts the columns of the table in the order of the COPY text', () => {
    const planned = plan(header({ b: text, Id: id, nothing: { type: 'null' } }, ['Id']));
    expect(planned.columns.slice(0, 3).map(({ name }) => name)).toEqual(['b', 'id', '_sdc_extracted_at']);
    expect(planned.columns.map(({ name }) => name)).toEqual([
      ...planned.copy.columns.map(({ target }) => target),
      ...planned.copy.metadata,
    ]);
    expect(planned.keys).toEqual(['id']);
  });

  it('gives a property that folds to a metadata column another name, and takes none of theirs from the record', () => {
    const planned = plan(header({ id, _SDC_SEQUENCE: text, _sdc_sequence: id }, ['id']));
    expect(planned.copy.columns.map(({ name }) => name)).toEqual(['id', '_SDC_SEQUENCE']);
    expect(planned.columns[1]!.name).toMatch(/^_sdc_sequence_[0-9a-f]{8}$/);
    expect(new Set(planned.columns.map(({ name }) => name)).size).toBe(planned.columns.length);
  });

  it('keeps a deletion mark that hard deletes need, though metadata is off', () => {
    const of = header({ id, _sdc_deleted_at: { type: ['string', 'null'], format: 'date-time' } }, ['id']);
    expect(plan(of, { metadata: false }).columns.map(({ name }) => name)).toEqual(['id']);
    expect(plan(of, { metadata: false, hardDelete: true }).columns.map(({ name }) => name)).toEqual(['id', '_sdc_deleted_at']);
  });

  it('compares what belongs to a row, not when or whence it came', () => {
    const planned = plan(header({ id, a: text, _sdc_source_lineno: id }, ['id']));
    expect(planned.columns.filter(({ compared }) => compared).map(({ name }) => name)).toEqual([
      'id',
      'a',
      '_sdc_deleted_at',
      '_sdc_table_version',
    ]);
  });

  it.each([
    ['upsert', ['id'], 'upsert'],
    ['upsert', [], 'append'],
    ['append-only', ['id'], 'append'],
    ['overwrite', [], 'overwrite'],
  ] as const)('of %s with keys %j is %s', (loadMethod, keys, method) => {
    const planned = plan(header({ id }, keys), { loadMethod });
    expect(planned.method).toBe(method);
    expect(planned.keys).toEqual(method === 'append' ? [] : keys);
  });

  it('refuses keys without a column, and streams without any', () => {
    expect(() => plan(header({ id: { type: 'null' }, a: text }, ['id']))).toThrow(
      expect.objectContaining({ code: 'key-without-column' }),
    );
    expect(() => plan(header({ id, a: text }, ['id']), {}, ['id'])).toThrow(
      expect.objectContaining({ code: 'key-without-column' }),
    );
    expect(() => plan(header({ a: { type: 'null' } }, []), { metadata: false })).toThrow(
      expect.objectContaining({ code: 'no-columns' }),
    );
  });
});

describe('a new table', () => {
  const made = (of: StreamHeader, version: number): string =>
    changesFor(plan(of, { metadata: false }), undefined, undefined, version)[0]!.sql;

  it('has a primary key where no key can be null', () => {
    expect(made(header({ id, a: text }, ['id']), 180_000)).toBe(
      'CREATE TABLE IF NOT EXISTS "s"."t" ("id" bigint, "a" text, PRIMARY KEY ("id"))',
    );
  });

  it('tells null keys as equal where the server can, and refuses them where it cannot', () => {
    const of = header({ a: text, id }, ['a', 'id']);
    expect(made(of, 150_000)).toContain('UNIQUE NULLS NOT DISTINCT ("a", "id")');
    expect(made(of, 149_999)).toContain('PRIMARY KEY ("a", "id")');
  });
});
